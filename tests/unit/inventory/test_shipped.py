"""Units that were sold leave when shipping says so: once, all of a shipment or none."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.inventory.domain.stock import State
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.inventory.inventory_client import InventoryClient


async def sold(inventory: InventoryClient, saga: str = "r", *lines: tuple[str, int]) -> None:
    await inventory.reserve(saga, *(lines or (("helmet", 6),)))
    await inventory.commit(saga)


async def units(inventory: InventoryClient, sku: str, at: int) -> dict[State, int]:
    stock = await inventory.records.stock()
    return {state: n for (s, place, state), n in stock.items() if (s, place) == (sku, at)}


async def test_what_left_one_location_is_shipped_and_the_rest_is_not(
    inventory: InventoryClient,
) -> None:
    await sold(inventory)
    await inventory.ship("event_1", "r", 1, ("helmet", 5))
    assert await units(inventory, "helmet", 1) == {State.SHIPPED: 5}
    assert await units(inventory, "helmet", 6) == {State.AVAILABLE: 2, State.COMMITTED: 1}
    await inventory.ship("event_2", "r", 6, ("helmet", 1))
    assert await units(inventory, "helmet", 6) == {State.AVAILABLE: 2, State.SHIPPED: 1}
    assert await inventory.records.check() == ()


async def test_an_event_that_comes_again_moves_nothing(inventory: InventoryClient) -> None:
    await sold(inventory, "r", ("helmet", 2))
    await sold(inventory, "s", ("helmet", 2))
    await asyncio.gather(*(inventory.ship("event_1", "r", 1, ("helmet", 2)) for _ in range(20)))
    assert await units(inventory, "helmet", 1) == {
        State.AVAILABLE: 1,
        State.COMMITTED: 2,
        State.SHIPPED: 2,
    }
    assert await inventory.records.check() == ()


async def test_the_reservation_may_be_long_gone(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    await sold(inventory)
    await redis_of("inventory").delete("{inventory}:reservation:r")
    await inventory.ship("event_1", "r", 1, ("helmet", 5))
    assert await units(inventory, "helmet", 1) == {State.SHIPPED: 5}


async def test_lines_that_repeat_a_sku_are_summed(inventory: InventoryClient) -> None:
    await sold(inventory)
    await inventory.ship("event_1", "r", 1, ("helmet", 2), ("helmet", 3))
    with pytest.raises(ResponseError, match="more units of helmet are shipped"):
        await inventory.ship("event_2", "r", 6, ("helmet", 1), ("helmet", 1))
    assert await units(inventory, "helmet", 1) == {State.SHIPPED: 5}


@pytest.mark.parametrize(
    ("at", "lines"),
    [
        (1, [("helmet", 6)]),
        (6, [("helmet", 1), ("glove", 2)]),
        (1, [("glove", 1)]),
        (7, [("helmet", 1)]),
        (1, [("helmet", 1), ("unicycle", 1)]),
    ],
)
async def test_more_than_is_sold_there_moves_nothing_and_stays_an_event_to_handle(
    inventory: InventoryClient, admin: Redis, at: int, lines: list[tuple[str, int]]
) -> None:
    await sold(inventory, "r", ("helmet", 6), ("glove", 1))
    before = await inventory.records.movements()
    for _ in range(2):
        with pytest.raises(ResponseError, match="are shipped than are sold at location"):
            await inventory.ship("event_1", "r", at, *lines)
    assert await inventory.records.movements() == before
    assert await inventory.records.check() == ()
    assert await admin.keys("{inventory}:inbox:*") == []


async def test_units_that_are_only_reserved_do_not_leave(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 6))
    with pytest.raises(ResponseError, match="are shipped than are sold"):
        await inventory.ship("event_1", "r", 1, ("helmet", 1))
    await inventory.commit("r")
    await inventory.ship("event_1", "r", 1, ("helmet", 1))
    assert (await units(inventory, "helmet", 1))[State.SHIPPED] == 1


@pytest.mark.parametrize("quantity", [0, -1])
async def test_a_shipment_of_nothing_is_a_bug(inventory: InventoryClient, quantity: int) -> None:
    await sold(inventory)
    with pytest.raises(ValidationError):
        await inventory.ship("event_1", "r", 1, ("helmet", quantity))


async def test_the_ledger_tells_what_left_on_whose_account(inventory: InventoryClient) -> None:
    await sold(inventory)
    inventory.clock.forward(60)
    await inventory.ship("event_1", "r", 1, ("helmet", 5))
    *_, shipped = await inventory.records.movements()
    assert shipped.model_dump(exclude={"at"}, exclude_none=True) == {
        "sku": "helmet",
        "location_id": 1,
        "source": State.COMMITTED,
        "target": State.SHIPPED,
        "quantity": 5,
        "why": "shipped",
        "reservation": "r",
    }
    assert shipped.at == inventory.clock().timestamp() * 1000


async def test_nobody_can_buy_more_or_less_because_something_left(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    await sold(inventory, "r", ("helmet", 8))
    before = await published(redis_of("inventory"), "inventory")
    await inventory.ship("event_1", "r", 1, ("helmet", 5))
    assert await inventory.available("helmet") == {"helmet": 0}
    assert await published(redis_of("inventory"), "inventory") == before


async def test_a_row_that_was_stored_before_there_were_shipments(
    inventory: InventoryClient, redis_of: ClientOf, admin: Redis
) -> None:
    await sold(inventory)
    row = {"1": {"available": 0, "reserved": 0, "committed": 5}}
    row["6"] = {"available": 2, "reserved": 0, "committed": 1}
    await admin.hset("{inventory}:stock", "helmet", json.dumps(row))
    assert await inventory.records.check() == ()
    await inventory.ship("event_1", "r", 1, ("helmet", 4))
    assert await units(inventory, "helmet", 1) == {State.COMMITTED: 1, State.SHIPPED: 4}
    await inventory.receive("late", ("helmet", 1, 3))
    assert await units(inventory, "helmet", 1) == {
        State.AVAILABLE: 3,
        State.COMMITTED: 1,
        State.SHIPPED: 4,
    }
    assert await inventory.records.check() == ()


@pytest.mark.parametrize("seed", range(5))
async def test_buyers_and_carriers_at_once_lose_no_unit(redis_of: ClientOf, seed: int) -> None:
    shops = [InventoryClient(redis_of("inventory"))]
    shops.append(InventoryClient(redis_of("inventory"), shops[0].clock))
    await shops[0].receive("first", ("helmet", 1, 30), ("helmet", 6, 25))
    chance = random.Random(seed)

    async def buy_and_ship(n: int) -> None:
        taken = await chance.choice(shops).reserve(f"r{n}", ("helmet", chance.randint(1, 2)))
        await chance.choice(shops).commit(f"r{n}")
        for one in taken.allocations:
            event = f"event_{n}_{one.location_id}"
            left = (event, f"r{n}", one.location_id, ("helmet", one.quantity))
            await asyncio.gather(*(chance.choice(shops).ship(*left) for _ in range(3)))

    checks = [shops[1].records.check() for _ in range(5)]
    bought = [buy_and_ship(n) for n in range(27)]
    outcomes = await asyncio.gather(*bought, *checks)
    assert outcomes[27:] == [()] * 5
    stock = await shops[0].records.stock()
    assert {state for _, _, state in stock} <= {State.AVAILABLE, State.SHIPPED}
    assert sum(stock.values()) == 55
    assert await shops[0].records.check() == ()
