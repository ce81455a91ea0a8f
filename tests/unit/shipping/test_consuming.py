"""Shipping among its publishers' real streams, read by two processes that start at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.publishing import ENTRY_FIELD, Envelope, stream_of
from deployments.foundation.events.reader import ConsumerOptions
from deployments.shipping.consumers import ShippingConsumers
from deployments.shipping.events import DeliveryEstimated, ShipmentCreated
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.shipping.composed_shipping import ComposedShipping
from tests.unit.shipping.sample_events import CartHistory, committed, paid

PACE = ConsumerOptions(renew_seconds=0.05, block_seconds=0.05)
ORDERS = 30


async def publish(redis_of: ClientOf, service: str, *events: Envelope) -> None:
    for event in events:
        entry: dict[Any, Any] = {ENTRY_FIELD: event.model_dump_json()}
        await redis_of(service).xadd(stream_of(service, event.subject), entry)


@asynccontextmanager
async def consumers(composed: ComposedShipping, count: int) -> AsyncIterator[None]:
    running = []
    for _ in range(count):
        subscriptions = ShippingConsumers(composed.process()).subscriptions()
        connect = lambda _publisher: composed.redis_of("shipping")  # noqa: E731
        consumer = Consumer("shipping", composed.redis, connect, subscriptions, options=PACE)
        running.append((consumer, asyncio.create_task(consumer.run())))
    try:
        yield
    finally:
        for consumer, task in running:
            await consumer.stop()
            task.cancel()
            await asyncio.wait([task])


async def test_events_take_effect_and_a_bug_becomes_a_dead_letter(
    composed: ComposedShipping, redis_of: ClientOf
) -> None:
    orders = random.sample(range(ORDERS), ORDERS)
    lines, places = [("li_1", "X", 3)], [("X", 1, 1), ("X", 6, 2)]
    payments = [paid(f"order_{n}", lines) for n in orders]
    stock = [committed(f"order_{n}", places) for n in sorted(orders)]
    cart = CartHistory()
    await publish(redis_of, "orders", paid("order_x", lines), *payments)
    await publish(redis_of, "inventory", committed("order_x", [("X", 1, 4)]), *stock)
    await publish(redis_of, "carts", cart.added("a"), cart.added("b"), cart.removed("a"))
    letters = DeadLetters("shipping", composed.redis)

    async def all_is_done() -> bool:
        done = await composed.published(ShipmentCreated.type, DeliveryEstimated.type)
        return len(done) == 2 * ORDERS + 3 and await letters.count() == 1

    async with consumers(composed, 2):
        await eventually(all_is_done)
    shipped = await composed.published(ShipmentCreated.type)
    assert {event.data["order_id"] for event in shipped} == {f"order_{n}" for n in orders}
