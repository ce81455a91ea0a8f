"""`fieldhouse partition` groups orders, if nobody uses them and nothing would be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from commands.exit_status import OK, UNUSABLE
from deployments.foundation.events.leases import Leases
from deployments.orders.service import OrdersService
from tests.command_line import typed
from tests.conftest import SECRET, ClientOf
from tests.unit.orders.past_orders import ORDERS, contents, sell

pytestmark = [
    pytest.mark.parametrize("layout", ["whole"], indirect=True),
    pytest.mark.usefixtures("environment"),
]


@pytest.fixture
async def environment(
    orders: OrdersService,
    redis_of: ClientOf,
    valkey_socket: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command's names the tests' server, and whose keys to group."""
    await sell(orders, redis_of("shipping"))
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    monkeypatch.setenv("FIELDHOUSE_PARTITIONED", "orders")


async def test_the_command_groups_the_keys_once(admin: Redis) -> None:
    wrong = await typed("audit")
    assert (wrong.status, "run `fieldhouse partition`" in wrong.err) == (UNUSABLE, True)
    ended = await typed("partition")
    assert (ended.status, f"orders: {ORDERS} moved" in ended.out) == (OK, True), ended
    again = await typed("partition")
    assert (again.status, "orders: 0 moved" in again.out) == (OK, True), again


@pytest.mark.parametrize(("reader", "publisher"), [("orders", "payments"), ("webhooks", "orders")])
async def test_a_store_that_runs_is_left_alone(admin: Redis, reader: str, publisher: str) -> None:
    leases = Leases(admin, reader, publisher, seconds=60)
    await leases.renew()
    before = await contents(admin)
    refused = await typed("partition")
    assert (refused.status, f"{reader} runs" in refused.err) == (UNUSABLE, True), refused
    assert await contents(admin) == before
    await leases.release(list(leases.held), leave=True)
    assert (await typed("partition")).status == OK


async def test_events_that_may_have_taken_effect_are_settled_first(admin: Redis) -> None:
    """Which events took effect is not known any more afterwards."""
    stream = "{payments}:events:3"
    await admin.xadd(stream, {"event": "{}"})
    await admin.xgroup_create(stream, "orders", "0")
    await admin.xreadgroup("orders", "reader", {stream: ">"})
    refused = await typed("partition")
    assert (refused.status, "has not settled" in refused.err) == (UNUSABLE, True), refused
    await admin.xack(stream, "orders", *[id_ for id_, _ in cast(Any, await admin.xrange(stream))])
    assert (await typed("partition")).status == OK


async def test_it_says_what_to_do_first(admin: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    await admin.delete("{orders}:version")
    assert "`fieldhouse migrate`" in (await typed("partition")).err
    monkeypatch.delenv("FIELDHOUSE_PARTITIONED")
    assert "Set FIELDHOUSE_PARTITIONED" in (await typed("partition")).err
    monkeypatch.setenv("FIELDHOUSE_PARTITIONED", "orders")
    monkeypatch.delenv("REDIS_URL")
    assert "Set REDIS_URL" in (await typed("partition")).err
