"""What earlier versions stored stays readable, and is followed too."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from deployments.orders.records import OrderRecords
from deployments.orders.service import OrderNotKnownError, OrdersService
from deployments.orders.wire import order_json
from tests.conftest import ClientOf
from tests.ucp_schemas import assert_valid
from tests.unit.orders.sample_events import captured, consume, shipment, told
from tests.unit.orders.sample_orders import order, wanted

pytestmark = pytest.mark.parametrize("layout", ["whole"], indirect=True)
"""None that is grouped by partition has an earlier version."""


async def forget_version(admin: Redis, saga: str) -> None:
    """Let an order be as the version before it left it: without a version, and not indexed."""
    await admin.hdel(f"{{orders}}:order:order_{saga}", "version")
    await admin.delete(f"{{orders}}:payment:payment_{saga}", "{orders}:version")


async def place_as_before(orders: OrdersService, admin: Redis, saga: str = "s1") -> None:
    """What the version without an index of payments left: bare entries, and no index."""
    await orders.place(order(saga))
    await forget_version(admin, saga)
    await admin.delete(f"{{orders}}:history:order_{saga}")
    entry = '{"at":"2026-06-01T12:00:00Z","what":"placed"}'
    await admin.rpush(f"{{orders}}:history:order_{saga}", entry)


async def test_an_order_of_an_earlier_version_is_shown(orders: OrdersService, admin: Redis) -> None:
    await place_as_before(orders, admin)
    found = await orders.get(wanted())
    assert (found.paid, found.shipments, found.refunds) == (False, (), ())
    assert_valid("order", order_json(found))


async def test_an_order_of_an_earlier_version_is_followed(
    orders: OrdersService, admin: Redis
) -> None:
    for number in range(1, 4):
        await place_as_before(orders, admin, f"s{number}")
    await consume(orders, told(captured("s2")), *shipment("a", saga="s2"))
    found = await orders.get(wanted("s2"))
    assert (found.paid, [one.state for one in found.shipments]) == (True, ["delivered"])
    assert await admin.get("{orders}:payment:payment_s3") == "order_s3"


async def test_payments_are_indexed_at_most_once_in_a_while(
    orders: OrdersService, admin: Redis
) -> None:
    with pytest.raises(OrderNotKnownError):
        await consume(orders, told(captured()))
    await place_as_before(orders, admin)
    with pytest.raises(OrderNotKnownError):
        await consume(orders, told(captured()))
    assert 0 < await admin.ttl("{orders}:indexing") <= 300
    await admin.delete("{orders}:indexing")
    await consume(orders, told(captured()))
    assert (await orders.get(wanted())).paid


async def test_an_order_that_cannot_be_read_hides_no_other_from_the_index(
    orders: OrdersService, admin: Redis
) -> None:
    await place_as_before(orders, admin)
    await admin.hset("{orders}:order:broken", "order", "{}")
    await consume(orders, told(captured()))
    assert (await orders.get(wanted())).paid


async def test_a_record_of_an_earlier_version_says_that_nothing_happened(
    orders: OrdersService, admin: Redis, redis_of: ClientOf
) -> None:
    await place_as_before(orders, admin)
    (record,) = (await OrderRecords(redis_of("orders")).records(["order_s1"])).values()
    assert (record.found, record.paid, record.shipments) == (True, False, {})
