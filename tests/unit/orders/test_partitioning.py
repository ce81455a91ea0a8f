"""Orders are grouped by partition in a store that is stopped, whatever ends that in its midst."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.foundation.redis.layouts import WrongLayoutError, check_layout
from deployments.foundation.rpc.rejection import StepUndone
from deployments.orders.contract.staff import FindOrder, ListOrders, OrderNotFound
from deployments.orders.keys import OrderKeys
from deployments.orders.partitioning import NotMigratedError, OrdersPartitioning
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.orders.mortal_redis import DiedError, MortalRedis
from tests.unit.orders.past_orders import (
    NEVER_PLACED,
    ORDERS,
    PAID,
    WITHDRAWN,
    bring_back,
    contents,
    dumped,
    sell,
)
from tests.unit.orders.sample_events import captured, consume, refunded, told
from tests.unit.orders.sample_orders import NOON, PUBLIC_URL, order, wanted

pytestmark = pytest.mark.parametrize("layout", ["whole"], indirect=True)
"""What every test begins with."""

Group = Callable[[], Awaitable[OrdersService]]


@pytest.fixture
async def mortal(admin: Redis) -> MortalRedis:
    return MortalRedis(connection_pool=admin.connection_pool)


@pytest.fixture
async def sold(orders: OrdersService, redis_of: ClientOf) -> OrdersService:
    """A store with a past."""
    await sell(orders, redis_of("shipping"))
    return orders


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch, redis_of: ClientOf, admin: Redis) -> Group:
    """Groups the orders, and gives orders as they are after that."""

    async def grouped() -> OrdersService:
        await OrdersPartitioning(admin).run()
        monkeypatch.setenv("FIELDHOUSE_PARTITIONED", "orders")
        return OrdersService(OrdersStore(admin), PUBLIC_URL, lambda: NOON)

    return grouped


async def test_every_order_is_what_it_was(
    sold: OrdersService, admin: Redis, redis_of: ClientOf, group: Group
) -> None:
    before = {n: await seen(sold, f"s{n}") for n in range(ORDERS)}
    page = await sold.list_orders(ListOrders(limit=100))
    events = {event.id: event for event in await published(admin, "orders")}
    grouped = await group()
    assert {n: await seen(grouped, f"s{n}") for n in range(ORDERS)} == before
    assert await grouped.list_orders(ListOrders(limit=100)) == page
    for row in page.orders:
        assert (await grouped.find_order(FindOrder(name=row.label))).id == row.id
    assert {event.id: event for event in await published(admin, "orders")} == events


async def seen(orders: OrdersService, saga: str) -> Any:  # noqa: ANN401
    for platform in ("acme", "rival"):
        try:
            return await orders.get(wanted(saga, platform))
        except OrderNotFound:
            continue
    return None


async def test_what_was_undone_stays_so_and_what_follows_is_followed(
    sold: OrdersService, admin: Redis, group: Group
) -> None:
    grouped = await group()
    for saga in (WITHDRAWN, NEVER_PLACED):
        with pytest.raises(StepUndone):
            await grouped.place(order(saga))
    first = await grouped.place(order("s0"))
    assert first.label == "FH-100001", "a step that is repeated places nothing anew"
    await consume(grouped, told(refunded(500, saga=PAID), 2), told(captured("s5")))
    assert [one.amount for one in (await seen(grouped, PAID)).refunds] == [500]
    assert (await seen(grouped, "s5")).paid


async def test_labels_go_on_above_the_last_one(
    sold: OrdersService, admin: Redis, group: Group
) -> None:
    grouped = await group()
    labels = [(await grouped.place(order(f"new{n}"))).label for n in range(20)]
    assert labels == sorted(set(labels))
    assert labels[0] > f"FH-{100_000 + ORDERS}"
    page = await grouped.list_orders(ListOrders(limit=100))
    assert [row.label for row in page.orders][:20] == labels[::-1]


async def test_nothing_of_an_order_is_left_where_it_was(
    sold: OrdersService, admin: Redis, group: Group
) -> None:
    await group()
    kept = {"labels", "version", "events:layout"}
    left = {key.removeprefix("{orders}:") async for key in admin.scan_iter("{orders}:*")}
    assert left == kept
    assert await admin.exists(OrderKeys.of(f"order_{PAID}").payment(f"payment_{PAID}"))


async def test_a_release_that_knows_no_partitions_places_nothing(
    sold: OrdersService, group: Group, admin: Redis
) -> None:
    await group()
    with pytest.raises(ResponseError):
        await admin.incr("{orders}:labels")
    with pytest.raises(ResponseError):
        await sold.place(order("late"))


async def test_whatever_ends_it_it_goes_on(
    sold: OrdersService, admin: Redis, mortal: MortalRedis
) -> None:
    """Killed before and after every single write, and run again."""
    everything = await dumped(admin)
    await OrdersPartitioning(mortal).run()
    writes, done = mortal.writes, await contents(admin)
    assert writes > 8 * ORDERS
    for lives in range(writes):
        await bring_back(admin, everything)
        mortal.writes, mortal.lives = 0, lives
        with pytest.raises(DiedError):
            await OrdersPartitioning(mortal).run()
        await OrdersPartitioning(admin).run()
        assert await contents(admin) == done, f"killed after {lives} writes"


async def test_orders_of_an_earlier_version_are_not_grouped(
    sold: OrdersService, admin: Redis
) -> None:
    await admin.delete("{orders}:version")
    before = await contents(admin)
    with pytest.raises(NotMigratedError):
        await OrdersPartitioning(admin).run()
    assert await contents(admin) == before


async def test_a_store_without_orders_can_be_grouped(
    orders: OrdersService, admin: Redis, group: Group
) -> None:
    grouped = await group()
    await grouped.place(order())
    assert (await grouped.list_orders(ListOrders())).total == 1


@pytest.mark.parametrize("stored", ["whole", "partitioning", "partitioned"])
async def test_whoever_looks_for_keys_elsewhere_does_not_start(
    sold: OrdersService,
    admin: Redis,
    mortal: MortalRedis,
    redis_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    stored: str,
) -> None:
    if stored == "partitioning":
        mortal.lives = 100
        with pytest.raises(DiedError):
            await OrdersPartitioning(mortal).run()
    elif stored == "partitioned":
        await OrdersPartitioning(admin).run()
    for said, holds in (("", "whole"), ("orders", "partitioned")):
        monkeypatch.setenv("FIELDHOUSE_PARTITIONED", said)
        for reader in ("orders", "shipping"):
            if stored == holds:
                await check_layout(redis_of(reader), "orders")
            else:
                with pytest.raises(WrongLayoutError, match="grouped by partition"):
                    await check_layout(redis_of(reader), "orders")
