"""Inventory publishes what becomes of reservations and of a SKU's level, once each."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.inventory.contract import CheckAvailability, OutOfStock, ReservationLapsed
from deployments.inventory.events import (
    ReservedUnits,
    StockBack,
    StockCommitted,
    StockLow,
    StockOut,
    StockReleased,
    StockReserved,
)
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.inventory.inventory_client import HOLD_SECONDS, InventoryClient

LOW_UNITS = 5


@pytest.fixture
def redis(redis_of: ClientOf) -> Redis:
    return redis_of("inventory")


async def told(redis: Redis, subject: str) -> list[Envelope]:
    return [one for one in await published(redis, "inventory") if one.subject == subject]


async def kinds(redis: Redis, subject: str) -> list[str]:
    return [event.type.split(".")[-2] for event in await told(redis, subject)]


async def level(redis: Redis, sku: str) -> list[tuple[str, int]]:
    """A SKU's events and the units that each of them tells."""
    return [
        (event.type.split(".")[-2], event.data["available"]) for event in await told(redis, sku)
    ]


async def test_a_reservation_that_is_bought_is_reserved_then_committed(
    inventory: InventoryClient, redis: Redis
) -> None:
    for _ in range(3):
        await inventory.reserve("r", ("helmet", 6), ("glove", 1))
        await inventory.allocate("r")
        await inventory.commit("r")
    reserved, committed = await told(redis, "r")
    lines = (
        ReservedUnits(sku="helmet", location_id=1, quantity=5),
        ReservedUnits(sku="helmet", location_id=6, quantity=1),
        ReservedUnits(sku="glove", location_id=6, quantity=1),
    )
    assert event_of(reserved, StockReserved) == StockReserved(reservation_id="r", lines=lines)
    assert event_of(committed, StockCommitted) == StockCommitted(reservation_id="r", lines=lines)
    assert (reserved.sequence, committed.sequence) == (1, 2)


async def test_a_release_is_published_once_with_its_reason(
    inventory: InventoryClient, redis: Redis
) -> None:
    await inventory.reserve("taken_back", ("helmet", 1))
    await inventory.reserve("lapsed", ("helmet", 1))
    await asyncio.gather(*(inventory.release("taken_back") for _ in range(5)))
    inventory.clock.forward(HOLD_SECONDS)
    await asyncio.gather(*(inventory.release_expired() for _ in range(5)))
    await inventory.release("lapsed")
    for saga, why in (("taken_back", "released"), ("lapsed", "lapsed")):
        reserved, released = await told(redis, saga)
        assert reserved.type == StockReserved.type
        assert event_of(released, StockReleased).why == why


async def test_what_does_not_take_effect_is_not_published(
    inventory: InventoryClient, redis: Redis
) -> None:
    before = len(await published(redis, "inventory"))
    with pytest.raises(OutOfStock):
        await inventory.reserve("much", ("helmet", 8), ("glove", 2))
    await inventory.release("early")
    with pytest.raises(StepUndone):
        await inventory.reserve("early", ("helmet", 1))
    with pytest.raises(ReservationLapsed):
        await inventory.commit("nothing")
    await inventory.release_expired()
    assert len(await published(redis, "inventory")) == before


async def test_a_script_that_fails_publishes_nothing(
    inventory: InventoryClient, redis: Redis
) -> None:
    await inventory.reserve("r", ("helmet", 1))
    before = await published(redis, "inventory")
    nothing_reserved = '{"1":{"available":4,"reserved":0,"committed":0}}'
    await redis.hset("{inventory}:stock", "helmet", nothing_reserved)
    with pytest.raises(ResponseError, match="more units of helmet"):
        await inventory.store.commit("r", "r:commit", now=inventory.clock())
    assert await published(redis, "inventory") == before


async def test_a_sku_runs_low_runs_out_and_is_back(
    inventory: InventoryClient, redis: Redis
) -> None:
    await inventory.receive("many", ("ball", 1, 4), ("ball", 6, 3))
    await inventory.reserve("a", ("ball", 1))
    assert await level(redis, "ball") == []
    await inventory.reserve("b", ("ball", 1))
    await inventory.reserve("c", ("ball", 1))
    assert await level(redis, "ball") == [("low", LOW_UNITS)]
    await inventory.reserve("d", ("ball", 4))
    await inventory.commit("a")
    assert (await level(redis, "ball"))[1:] == [("out", 0)]
    await inventory.release("b")
    await inventory.receive("more", ("ball", 1, 10))
    assert (await level(redis, "ball"))[2:] == [("back", 1)]
    await inventory.reserve("e", ("ball", 11))
    assert (await level(redis, "ball"))[3:] == [("out", 0)]
    for event, kind in zip(
        await told(redis, "ball"), (StockLow, StockOut, StockBack, StockOut), strict=True
    ):
        assert isinstance(event_of(event, kind), kind)


async def test_one_script_publishes_a_level_once_whatever_lines_it_has(
    inventory: InventoryClient, redis: Redis
) -> None:
    await inventory.reserve("r", ("helmet", 4), ("helmet", 4))
    assert await level(redis, "helmet") == [("out", 0)]
    for _ in range(2):
        await inventory.receive("second", ("helmet", 1, 0), ("helmet", 6, 2), ("helmet", 1, 1))
    assert (await level(redis, "helmet"))[1:] == [("back", 3)]


async def test_a_sku_that_is_new_is_not_back(inventory: InventoryClient, redis: Redis) -> None:
    await inventory.receive("new", ("ball", 1, 0), ("ball", 6, 9), ("cap", 1, 0))
    await inventory.receive("later", ("cap", 1, 9))
    assert await level(redis, "ball") == []
    assert await level(redis, "cap") == [("back", 9)]


async def test_under_any_crowd_levels_alternate_and_reservations_end_once(
    redis_of: ClientOf, redis: Redis
) -> None:
    shops = [InventoryClient(redis_of("inventory"))]
    shops.append(InventoryClient(redis_of("inventory"), shops[0].clock))
    await shops[0].receive("first", ("helmet", 1, 4), ("helmet", 6, 3))
    chance = random.Random(4)

    async def buy_or_leave(saga: str) -> None:
        steps = ["reserve", "reserve", "commit", "release"]
        chance.shuffle(steps)
        quantity = chance.randint(1, 4)
        for step in steps:
            inventory = chance.choice(shops)
            with suppress(Rejection):
                if step == "reserve":
                    await inventory.reserve(saga, ("helmet", quantity))
                elif step == "commit":
                    await inventory.commit(saga)
                else:
                    await inventory.release(saga)

    for n in range(10):
        sagas = [f"r{n}_{k}" for k in range(8)]
        await asyncio.gather(*(buy_or_leave(saga) for saga in sagas for _ in range(2)))
        await asyncio.gather(*(shops[0].release(saga) for saga in sagas), return_exceptions=True)
        await shops[1].receive(f"more{n}", ("helmet", 1, 3))
        for saga in sagas:
            said = await kinds(redis, saga)
            assert said in ([], ["reserved", "committed"], ["reserved", "released"])
    # A crowd may leave some each time; whoever takes them all does not.
    asked = CheckAvailability(skus=("helmet",))
    if left := (await shops[0].api.availability(asked)).units["helmet"]:
        await shops[0].reserve("last", ("helmet", left))
    await shops[1].receive("last", ("helmet", 1, 3))
    levels = await level(redis, "helmet")
    assert {kind for kind, _ in levels} == {"low", "out", "back"}
    out = [kind for kind, _ in levels if kind != "low"]
    assert out == ["out", "back"] * (len(out) // 2) + ["out"] * (len(out) % 2)
    assert all(1 <= units <= LOW_UNITS for kind, units in levels if kind == "low")
