"""What those who run the shop see of orders: all of them, page by page, and each by its label."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from deployments.orders.contract.staff import FindOrder, ListOrders, OrderNotFound
from deployments.orders.service import OrdersService
from tests.unit.orders.sample_events import captured, consume, shipment, told
from tests.unit.orders.sample_orders import NOON, labels_of, order, undo


async def labels(orders: OrdersService, *, limit: int = 50) -> list[str]:
    """All labels, as one reads page after page."""
    found: list[str] = []
    page = await orders.list_orders(ListOrders(limit=limit))
    found += [one.label for one in page.orders]
    while page.before is not None:
        page = await orders.list_orders(ListOrders(limit=limit, before=page.before))
        found += [one.label for one in page.orders]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_all_orders_are_listed_newest_first(orders: OrdersService, limit: int) -> None:
    for number in range(1, 7):
        await orders.place(order(f"s{number}"))
    assert await labels(orders, limit=limit) == labels_of(*(f"s{n}" for n in range(1, 7)))[::-1]


async def test_a_withdrawn_order_is_neither_listed_nor_found(orders: OrdersService) -> None:
    await orders.place(order("s1"))
    await orders.place(order("s2"))
    await orders.withdraw(undo("s2"))
    first, second = labels_of("s1", "s2")
    assert await labels(orders) == [first]
    for name in ("order_s2", second):
        with pytest.raises(OrderNotFound):
            await orders.find_order(FindOrder(name=name))


async def test_an_order_is_found_by_id_and_label(orders: OrdersService) -> None:
    await orders.place(order("s1"))
    for name in ("order_s1", *labels_of("s1")):
        assert (await orders.find_order(FindOrder(name=name))).id == "order_s1"


@pytest.mark.parametrize("name", ["FH-100000", "FH-", "FH-x", "FH-9999999999999999", "order_none"])
async def test_what_is_no_order_is_not_found(orders: OrdersService, name: str) -> None:
    await orders.place(order("s1"))
    with pytest.raises(OrderNotFound):
        await orders.find_order(FindOrder(name=name))


async def test_a_row_tells_how_far_an_order_has_come(orders: OrdersService) -> None:
    await orders.place(order("s1"))
    (before,) = (await orders.list_orders(ListOrders())).orders
    assert (before.paid, before.state, before.placed_at) == (False, None, NOON)
    await consume(orders, told(captured("s1")), *shipment("a", saga="s1"))
    (after,) = (await orders.list_orders(ListOrders())).orders
    assert (after.paid, after.state) == (True, "delivered")


@pytest.mark.parametrize("layout", ["whole"], indirect=True)
async def test_orders_of_earlier_versions_are_listed_too(
    orders: OrdersService, admin: Redis
) -> None:
    for number in range(1, 4):
        await orders.place(order(f"s{number}"))
    await orders.withdraw(undo("s3"))
    for number in range(1, 4):
        await admin.hdel(f"{{orders}}:order:order_s{number}", "version")
    await admin.delete("{orders}:numbers", "{orders}:version")
    await admin.hset("{orders}:order:order_s1", "order", "nothing that can be read")
    assert await labels(orders) == ["FH-100002"]
