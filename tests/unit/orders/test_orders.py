"""Placing, withdrawing and showing orders."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.foundation.rpc.rejection import StepUndone
from deployments.foundation.values.partitions import layout_of
from deployments.orders.contract import OrdersApi, PlacedOrder
from deployments.orders.contract.staff import OrderNotFound
from deployments.orders.keys import OrderKeys
from deployments.orders.service import OrdersService
from deployments.orders.store import OrderIdTakenError, OrdersStore
from tests.conftest import ClientOf
from tests.unit.orders.sample_orders import (
    NOON,
    PUBLIC_URL,
    keys_of,
    labels_of,
    order,
    undo,
    wanted,
)


async def index(redis: Redis, platform: str = "acme") -> list[str]:
    tags = layout_of("orders").tags()
    lists: list[Any] = [
        await redis.zrange(OrderKeys(tag, "").platform(platform), 0, -1) for tag in tags
    ]
    return [order_id for found in lists for order_id in found]


async def history(redis: Redis, saga: str = "s1") -> list[str]:
    found = await cast(Any, redis.lrange(keys_of(saga).history, 0, -1))
    return cast(list[str], found)


async def test_an_order_is_kept_as_it_was_placed(orders: OrdersService) -> None:
    placed = await orders.place(order())
    assert placed == PlacedOrder(
        order_id="order_s1", label=labels_of("s1")[0], permalink_url=f"{PUBLIC_URL}/orders/order_s1"
    )
    found = await orders.get(wanted())
    request = order()
    assert (found.items, found.totals, found.delivery) == (
        request.items,
        request.totals,
        request.delivery,
    )
    assert (found.label, found.permalink_url) == (placed.label, placed.permalink_url)
    assert (found.payment_id, found.reservation_id) == ("payment_s1", "reservation_s1")
    assert [(entry.what, entry.at) for entry in found.history] == [("placed", NOON)]


async def test_labels_count_up(orders: OrdersService) -> None:
    labels = [(await orders.place(order(f"s{n}"))).label for n in range(3)]
    assert labels == labels_of("s0", "s1", "s2")
    assert labels == sorted(set(labels))


@pytest.mark.parametrize("layout", ["whole"], indirect=True)
async def test_labels_have_no_gaps(orders: OrdersService) -> None:
    labels = [(await orders.place(order(f"s{n}"))).label for n in range(3)]
    assert labels == ["FH-100001", "FH-100002", "FH-100003"]


async def test_no_two_processes_give_out_one_label(redis_of: ClientOf) -> None:
    several = [OrdersService(OrdersStore(redis_of("orders")), PUBLIC_URL) for _ in range(4)]
    placing = (several[n % 4].place(order(f"s{n}")) for n in range(200))
    labels = [placed.label for placed in await asyncio.gather(*placing)]
    assert len(set(labels)) == 200


async def test_the_same_step_twenty_times_at_once_places_one_order(
    orders: OrdersService, admin: Redis
) -> None:
    await asyncio.gather(*(orders.get(wanted()) for _ in range(20)), return_exceptions=True)
    answers = await asyncio.gather(*(orders.place(order()) for _ in range(20)))
    assert len(set(answers)) == 1
    assert await index(admin) == ["order_s1"]
    assert len(await history(admin)) == 1
    assert (await orders.place(order("s2"))).label == labels_of("s1", "s2")[1]


async def test_a_repeated_step_changes_nothing(orders: OrdersService) -> None:
    first = await orders.place(order())
    assert await orders.place(order(shipping=0, platform="rival")) == first
    assert (await orders.get(wanted())).totals.fulfillment == 500


async def test_an_order_is_not_written_over_by_another_step(orders: OrdersService) -> None:
    await orders.place(order())
    with pytest.raises(OrderIdTakenError):
        await orders.place(order().model_copy(update={"key": "s9:place"}))


async def test_an_order_is_shown_to_its_platform_only(orders: OrdersService) -> None:
    await orders.place(order())
    rejections = []
    for request in (wanted(platform="rival"), wanted("unknown")):
        with pytest.raises(OrderNotFound) as refused:
            await orders.get(request)
        rejections.append((type(refused.value), str(refused.value)))
    assert rejections[0] == rejections[1]


async def test_a_withdrawn_order_is_not_found_and_cannot_come_back(
    orders: OrdersService, admin: Redis
) -> None:
    await orders.place(order())
    await asyncio.gather(*(orders.withdraw(undo()) for _ in range(5)))
    with pytest.raises(OrderNotFound):
        await orders.get(wanted())
    with pytest.raises(StepUndone):
        await orders.place(order())
    assert await index(admin) == []
    assert [("withdrawn" in entry) for entry in await history(admin)] == [False, True]


async def test_a_withdrawal_that_comes_first_refuses_the_order(orders: OrdersService) -> None:
    await orders.withdraw(undo())
    with pytest.raises(StepUndone):
        await orders.place(order())
    with pytest.raises(OrderNotFound):
        await orders.get(wanted())


async def test_whichever_comes_first_a_withdrawn_order_is_gone(orders: OrdersService) -> None:
    for n in range(10):
        saga = f"s{n}"
        steps = [orders.place(order(saga)) for _ in range(3)]
        await asyncio.gather(*steps, orders.withdraw(undo(saga)), return_exceptions=True)
        with pytest.raises(OrderNotFound):
            await orders.get(wanted(saga))


async def test_the_undo_of_another_step_leaves_the_order_alone(orders: OrdersService) -> None:
    await orders.place(order())
    await orders.withdraw(undo().model_copy(update={"undoes": "s9:place"}))
    assert (await orders.get(wanted())).id == "order_s1"


@pytest.mark.parametrize("withdrawn", [True, False])
async def test_an_order_outlives_the_record_of_its_step(
    orders: OrdersService, admin: Redis, *, withdrawn: bool
) -> None:
    first = await orders.place(order())
    if withdrawn:
        await orders.withdraw(undo())
    assert await admin.ttl(keys_of().step("s1:place")) > 0
    assert await admin.ttl(keys_of().order) == -1
    await admin.delete(keys_of().step("s1:place"))
    if withdrawn:
        with pytest.raises(StepUndone):
            await orders.place(order())
    else:
        assert await orders.place(order()) == first


async def test_an_order_crosses_the_seam(orders: OrdersService) -> None:
    client = client_of(OrdersApi, Endpoint(OrdersApi, orders))
    placed = await client.place(order())
    assert (await client.get(wanted())).label == placed.label
    with pytest.raises(OrderNotFound):
        await client.get(wanted(platform="rival"))
