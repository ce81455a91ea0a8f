"""Orders publish what happens to them, once each."""

from __future__ import annotations

import asyncio

import pytest

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.rpc.rejection import StepUndone
from deployments.orders.events import OrderCancelled, OrderPlaced, PlacedLine, PromisedDelivery
from deployments.orders.service import OrdersService
from deployments.orders.store import OrderIdTakenError
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.orders.sample_orders import NOON, labels_of, order, undo


async def events(redis_of: ClientOf) -> list[Envelope]:
    return await published(redis_of("orders"), "orders")


async def test_a_placed_order_is_published_once_with_its_label(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await asyncio.gather(*(orders.place(order()) for _ in range(20)))
    (event,) = await events(redis_of)
    delivery = order().delivery
    assert (event.subject, event.sequence, event.time) == ("order_s1", 1, NOON)
    assert event_of(event, OrderPlaced) == OrderPlaced(
        order_id="order_s1",
        label=labels_of("s1")[0],
        platform="acme",
        checkout_id="checkout_s1",
        payment_id="payment_s1",
        reservation_id="reservation_s1",
        currency="USD",
        lines=(
            PlacedLine(
                id="line_1",
                sku="SKU-1",
                title="Thing 1",
                quantity=2,
                unit_price=1999,
                total=3998,
            ),
            PlacedLine(
                id="line_2",
                sku="SKU-2",
                title="Thing 2",
                quantity=1,
                unit_price=5000,
                total=4500,
            ),
        ),
        subtotal=8498,
        shipping=500,
        tax=321,
        total=9319,
        delivery=PromisedDelivery(
            title="Ground",
            carrier="Overland",
            country="US",
            earliest=delivery.earliest,
            latest=delivery.latest,
        ),
        buyer_email="ada@example.com",
    )


async def test_a_withdrawn_order_is_published_after_it_was_placed(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    await asyncio.gather(*(orders.withdraw(undo()) for _ in range(5)))
    with pytest.raises(StepUndone):
        await orders.place(order())
    placed, cancelled = await events(redis_of)
    assert (placed.type, placed.sequence) == (OrderPlaced.type, 1)
    assert cancelled.sequence == 2
    event = event_of(cancelled, OrderCancelled)
    assert event == OrderCancelled(order_id="order_s1", label=labels_of("s1")[0], platform="acme")


async def test_what_does_not_take_effect_is_not_published(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.withdraw(undo())
    with pytest.raises(StepUndone):
        await orders.place(order())
    assert await events(redis_of) == []
    await orders.place(order("s2"))
    with pytest.raises(OrderIdTakenError):
        await orders.place(order("s2").model_copy(update={"key": "s9:place"}))
    await orders.withdraw(undo("s2").model_copy(update={"undoes": "s9:place"}))
    assert [event.type for event in await events(redis_of)] == [OrderPlaced.type]


async def test_an_order_is_not_published_again_when_its_steps_record_has_lapsed(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    await redis_of("orders").delete("{orders}:step:s1:place")
    await orders.place(order())
    assert len(await events(redis_of)) == 1


async def test_whichever_comes_first_what_was_published_ends_with_the_withdrawal(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    for n in range(20):
        steps = [orders.place(order(f"s{n}")) for _ in range(3)]
        withdrawal = orders.withdraw(undo(f"s{n}"))
        steps_at_once = [*steps[: n % 3], withdrawal, *steps[n % 3 :]]
        await asyncio.gather(*steps_at_once, return_exceptions=True)
    kinds: dict[str, list[str]] = {}
    for event in await events(redis_of):
        kinds.setdefault(event.subject, []).append(event.type)
    assert all(one == [OrderPlaced.type, OrderCancelled.type] for one in kinds.values())
    assert kinds
