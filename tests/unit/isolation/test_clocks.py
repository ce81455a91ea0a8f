"""Nodes whose clocks differ by minutes sell from one stock, and nobody is told two times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from deployments.foundation.placement.host import Host
from deployments.foundation.placement.server_clock import ServerClock
from deployments.foundation.values.clock import utc_now
from deployments.inventory.contract import (
    InventoryApi,
    ReleaseExpired,
    ReservationStep,
    ReserveStock,
    StockLine,
)
from tests.clock import ManualClock
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.faults.books import agree, ledgers_of
from tests.faults.buyers import buyers
from tests.faults.careful import Seen
from tests.faults.damage import more_orders
from tests.unit.isolation.two_nodes import DIFFER_SECONDS, TwoNodes, two_nodes

ORDERS = 40
SKU = "TI-M267"
EXPIRE = ReleaseExpired(limit=100)
NEAR = timedelta(seconds=5)
"""Far more than a round trip takes, and far less than the nodes differ by."""


@pytest.fixture
async def store(redis_of: ClientOf, platforms: None, tmp_path: Path) -> AsyncIterator[TwoNodes]:
    async with two_nodes(redis_of, tmp_path) as store:
        yield store


@pytest.fixture
async def idle(redis_of: ClientOf, platforms: None, tmp_path: Path) -> AsyncIterator[TwoNodes]:
    """The same, and what lapses is released by nobody but the test."""
    async with two_nodes(redis_of, tmp_path, consume=False) as store:
        yield store


def inventory(host: Host) -> InventoryApi:
    return host.connect(InventoryApi, app="inventory")


def hold(seconds: int) -> ReserveStock:
    line = StockLine(sku=SKU, quantity=1)
    return ReserveStock(key="r:reserve", reservation_id="r", lines=(line,), seconds=seconds)


async def test_buyers_on_both_buy_what_there_is_once_and_the_books_are_straight(
    store: TwoNodes,
) -> None:
    async with ledgers_of(store) as ledgers:
        before, seen = await ledgers.holdings(), Seen()
        async with buyers(store, seen, seed=1):
            await more_orders(store, seen, ORDERS)
        await ledgers.settled()
        await ledgers.consumed()
        await agree(ledgers, before, seen)
        assert await ledgers.discrepancies() == []
    assert seen.failures.keys() <= {"409 request_in_progress"}


async def test_a_hold_of_the_one_that_is_behind_is_not_released_early_by_the_other(
    idle: TwoNodes,
) -> None:
    await inventory(idle.behind).reserve(hold(60))
    assert (await inventory(idle.ahead).release_expired(EXPIRE)).count == 0
    await inventory(idle.ahead).allocate(ReservationStep(key="r:allocate", reservation_id="r"))


async def test_a_hold_of_the_one_that_is_ahead_is_released_in_time_by_the_other(
    idle: TwoNodes,
) -> None:
    await inventory(idle.ahead).reserve(hold(1))

    async def released() -> bool:
        return (await inventory(idle.behind).release_expired(EXPIRE)).count == 1

    await eventually(released, seconds=DIFFER_SECONDS / 2)


async def test_a_clock_goes_as_the_servers_does(admin: Redis) -> None:
    node = ManualClock(utc_now() + timedelta(hours=1))
    clock = ServerClock(admin, node)
    assert clock() == node(), "until it was set"
    await clock.set()
    seconds, _ = await admin.time()
    assert abs(clock() - datetime.fromtimestamp(seconds, UTC)) < NEAR
    at = clock()
    node.forward(seconds=3)
    assert clock() - at == timedelta(seconds=3), "in between it goes as the node's does"
    node.forward(hours=-2)
    await clock.set()
    assert abs(clock() - at) < NEAR, "and follows when that is set"


async def test_a_clock_that_agrees_is_left_alone(admin: Redis) -> None:
    clock = ServerClock(admin, utc_now)
    await clock.set()
    before, said, after = utc_now(), clock(), utc_now()
    assert before <= said <= after
