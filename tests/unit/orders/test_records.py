"""What the audit reads of orders."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.orders.records import OrderRecord, OrderRecords
from deployments.orders.service import OrdersService
from tests.conftest import ClientOf
from tests.unit.orders.sample_events import captured, consume, in_turn, refunded, shipment
from tests.unit.orders.sample_orders import NOON, keys_of, order


async def test_a_record_says_how_far_payment_and_shipments_are(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    await consume(orders, *in_turn(captured(), refunded(500), refunded(100, 600)))
    first = shipment("a", {"line_1": 1})
    second = shipment("b", {"line_1": 1, "line_2": 1})
    await consume(orders, *first, *second[:2], *shipment("c", {"line_2": 1})[:1])
    records = await OrderRecords(redis_of("orders")).records(["order_s1", "order_s2"])
    assert records["order_s1"] == OrderRecord(
        key=keys_of().order,
        found=True,
        placed=order(),
        withdrawn=False,
        listed_at=NOON.timestamp(),
        published=10,
        paid=True,
        refunded=600,
        shipments={"a": "delivered", "b": "shipped", "c": "processing"},
    )
    assert records["order_s2"] == OrderRecord(keys_of("s2").order, False, None, False, None)


async def test_a_history_that_cannot_be_read_hides_no_record(
    orders: OrdersService, redis_of: ClientOf, admin: Redis
) -> None:
    await orders.place(order())
    await consume(orders, *in_turn(captured()))
    await admin.rpush(keys_of().history, "no JSON")
    (record,) = (await OrderRecords(redis_of("orders")).records(["order_s1"])).values()
    assert (record.placed, record.paid, record.published) == (order(), True, 2)
