"""Many buyers, many replicas, one stock: no unit is sold twice, and the ledger adds up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Coroutine
from typing import Any

import pytest

from deployments.foundation.rpc.rejection import Rejection
from deployments.inventory.contract import OutOfStock
from deployments.inventory.domain.stock import State
from tests.conftest import ClientOf
from tests.unit.inventory.inventory_client import HOLD_SECONDS, InventoryClient


@pytest.fixture
async def replicas(redis_of: ClientOf) -> list[InventoryClient]:
    """Two replicas of one inventory, with clocks that agree."""
    first = InventoryClient(redis_of("inventory"))
    return [first, InventoryClient(redis_of("inventory"), first.clock)]


async def together(*work: Coroutine[Any, Any, object]) -> list[object]:
    """What each gave or was refused with; anything else is a bug, and raised."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Rejection):
            raise outcome
    return list(outcomes)


async def units(inventory: InventoryClient, sku: str) -> dict[State, int]:
    stock = await inventory.records.stock()
    return {
        state: sum(n for (s, _, at), n in stock.items() if (s, at) == (sku, state))
        for state in State
        if state != State.OUTSIDE
    }


async def test_a_hundred_buyers_of_37_units_buy_37(replicas: list[InventoryClient]) -> None:
    await replicas[0].receive("b", ("helmet", 1, 12), ("helmet", 6, 20), ("helmet", 7, 5))

    async def buy(number: int) -> None:
        inventory, saga = replicas[number % 2], f"buyer{number}"
        await inventory.reserve(saga, ("helmet", 1))
        await inventory.allocate(saga)
        await inventory.commit(saga)

    outcomes = await together(*(buy(number) for number in range(100)))
    assert outcomes.count(None) == 37
    assert sum(isinstance(outcome, OutOfStock) for outcome in outcomes) == 63
    assert await units(replicas[0], "helmet") == {
        State.AVAILABLE: 0,
        State.RESERVED: 0,
        State.COMMITTED: 37,
        State.SHIPPED: 0,
        State.INCOMING: 0,
        State.ALLOWED: 0,
    }
    assert await replicas[0].records.check() == ()


async def test_one_step_that_arrives_many_times_takes_effect_once(
    replicas: list[InventoryClient],
) -> None:
    await replicas[0].receive("b", ("helmet", 1, 12))
    answers = await together(*(replicas[n % 2].reserve("r", ("helmet", 3)) for n in range(20)))
    assert len({str(answer) for answer in answers}) == 1
    await together(*(replicas[n % 2].commit("r") for n in range(20)))
    assert await units(replicas[0], "helmet") == {
        State.AVAILABLE: 9,
        State.RESERVED: 0,
        State.COMMITTED: 3,
        State.SHIPPED: 0,
        State.INCOMING: 0,
        State.ALLOWED: 0,
    }


@pytest.mark.parametrize("seed", range(10))
async def test_a_reservation_ends_once_whoever_ends_it(
    replicas: list[InventoryClient], seed: int
) -> None:
    await replicas[0].receive("b", ("helmet", 1, 12), ("glove", 6, 4))
    await replicas[0].reserve("r", ("helmet", 3), ("glove", 2))
    replicas[0].clock.forward(HOLD_SECONDS)
    ends: list[Coroutine[Any, Any, object]] = [
        end
        for inventory in replicas
        for _ in range(10)
        for end in (inventory.release("r"), inventory.commit("r"), inventory.release_expired())
    ]
    random.Random(seed).shuffle(ends)
    await together(*ends)

    helmets = await units(replicas[0], "helmet")
    assert helmets[State.RESERVED] == 0
    assert helmets[State.COMMITTED] in {0, 3}
    assert sum(helmets.values()) == 12
    exits = [m for m in await replicas[0].records.movements() if m.source == State.RESERVED]
    assert sorted(movement.sku for movement in exits) == ["glove", "helmet"]
    assert len({movement.target for movement in exits}) == 1
    assert await replicas[0].records.check() == ()


async def test_two_who_return_lapsed_holds_return_each_once(
    replicas: list[InventoryClient],
) -> None:
    await replicas[0].receive("b", ("helmet", 1, 50))
    await together(*(replicas[0].reserve(f"r{n}", ("helmet", 1)) for n in range(50)))
    replicas[0].clock.forward(HOLD_SECONDS)
    counts = await together(*(replicas[n % 2].release_expired(7) for n in range(20)))
    assert sum(count for count in counts if isinstance(count, int)) == 50
    assert await replicas[0].available("helmet") == {"helmet": 50}
    assert await replicas[0].records.check() == ()


async def test_the_books_are_checked_while_the_store_sells(replicas: list[InventoryClient]) -> None:
    await replicas[0].receive("b", ("helmet", 1, 50))

    async def churn(number: int) -> None:
        await replicas[0].reserve(f"r{number}", ("helmet", 1))
        await replicas[0].release(f"r{number}")

    checks: list[Awaitable[object]] = [replicas[1].records.check() for _ in range(10)]
    _, *found = await asyncio.gather(together(*(churn(n) for n in range(50))), *checks)
    assert found == [()] * 10
