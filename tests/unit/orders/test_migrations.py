"""Orders of an earlier version are rewritten while others are placed and followed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from commands.exit_status import FOUND, OK
from commands.run_settings import PROJECT
from deployments.foundation.redis.migrating import Migration, Progress, documents_are
from deployments.orders.migrations import migration
from deployments.orders.service import OrdersService
from tests.command_line import typed
from tests.conftest import SECRET, ClientOf
from tests.eventually import eventually
from tests.unit.orders.sample_events import captured, consume, told
from tests.unit.orders.sample_orders import order, wanted

pytestmark = pytest.mark.parametrize("layout", ["whole"], indirect=True)
"""None that is grouped by partition has an earlier version."""
MANY = 600
"""Several batches."""


async def place_many(orders: OrdersService, admin: Redis) -> None:
    """Orders of the first version: they say no version, and are in no index."""
    sagas = [f"s{number}" for number in range(MANY)]
    for saga in sagas:
        await orders.place(order(saga))
    async with admin.pipeline(transaction=False) as pipe:
        for saga in sagas:
            pipe.hdel(f"{{orders}}:order:order_{saga}", "version")
            pipe.delete(f"{{orders}}:payment:payment_{saga}")
        pipe.delete("{orders}:version", "{orders}:numbers")
        await pipe.execute()


async def indexed(admin: Redis) -> tuple[int, int]:
    """How many orders are in the index by payment, and how many in that by number."""
    payments = [key async for key in admin.scan_iter("{orders}:payment:*", count=1000)]
    return len(payments), await admin.zcard("{orders}:numbers")


async def last(running: AsyncIterator[Progress]) -> Progress:
    return [progress async for progress in running][-1]


@pytest.fixture
def moving(redis_of: ClientOf) -> Migration:
    return migration(redis_of("orders"))


@pytest.fixture
def environment(
    orders: OrdersService, valkey_socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command's names the tests' server; the service has its own already."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)


async def test_all_orders_are_rewritten_once(
    orders: OrdersService, admin: Redis, moving: Migration
) -> None:
    await place_many(orders, admin)
    progress = await last(moving.run())
    assert (progress.total, progress.seen, progress.rewritten) == (MANY, MANY, MANY)
    assert await indexed(admin) == (MANY, MANY)
    assert await last(moving.run()) == Progress(MANY, done=True)


async def test_it_goes_on_where_it_was_ended(
    orders: OrdersService, admin: Redis, redis_of: ClientOf, moving: Migration
) -> None:
    await place_many(orders, admin)
    async with aclosing(moving.run()) as running:
        first = await anext(running)
    assert 0 < first.seen < MANY
    assert not await documents_are(redis_of("orders"), "orders", 2)
    progress = await last(migration(redis_of("orders")).run())
    assert (progress.seen, progress.rewritten) == (MANY, MANY)
    assert await indexed(admin) == (MANY, MANY)


@pytest.mark.usefixtures("environment")
async def test_a_command_that_is_killed_in_its_midst_goes_on_when_it_is_typed_again(
    orders: OrdersService, admin: Redis, moving: Migration
) -> None:
    await place_many(orders, admin)
    async with aclosing(moving.run()) as running:
        await anext(running)

    async def is_writing() -> bool:
        clients: Any = await admin.client_list()
        return any(one["user"] == "orders" and "b" in one["flags"] for one in clients)

    await admin.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
    command = (sys.executable, "-m", "commands", "migrate")
    killed = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    await eventually(is_writing)
    killed.kill()
    await killed.wait()
    await admin.execute_command("CLIENT", "UNPAUSE")
    assert (await indexed(admin))[0] < MANY
    again = await typed("migrate")
    assert again.status == OK, again
    assert await indexed(admin) == (MANY, MANY)


async def test_orders_are_placed_and_followed_meanwhile(
    orders: OrdersService, admin: Redis, moving: Migration
) -> None:
    await place_many(orders, admin)

    async def sell() -> None:
        for number in range(MANY, MANY + 50):
            await orders.place(order(f"s{number}"))
            await consume(orders, told(captured(f"s{number - MANY}")))

    progress, _ = await asyncio.gather(last(moving.run()), sell())
    assert progress.done
    for number in range(MANY + 50):
        saga = f"s{number}"
        assert await admin.hget(f"{{orders}}:order:order_{saga}", "version") == "2"
        assert await admin.get(f"{{orders}}:payment:payment_{saga}") == f"order_{saga}"
    assert [(await orders.get(wanted(f"s{number}"))).paid for number in range(50)] == [True] * 50


async def test_a_store_without_orders_has_none_to_migrate(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order("s1"))
    assert await documents_are(redis_of("orders"), "orders", 2)


@pytest.mark.usefixtures("environment")
async def test_an_order_that_cannot_be_read_is_told_and_stays(
    orders: OrdersService, admin: Redis
) -> None:
    await place_many(orders, admin)
    await admin.hset("{orders}:order:broken", "order", "{}")
    ended = await typed("migrate")
    assert ended.status == FOUND
    assert "1 cannot be read and stay as they are: broken" in ended.out
    await admin.delete("{orders}:order:broken")
    ended = await typed("migrate")
    assert (ended.status, "all are; 0 were rewritten" in ended.out) == (OK, True)
