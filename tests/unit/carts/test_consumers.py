"""A cart that was bought was not abandoned, which carts hears of checkout."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deployments.carts.consumers import CartsConsumers
from deployments.carts.contract import AnnounceAbandoned, Cart, CreateCart, ReplaceCart
from deployments.carts.events import CartAbandoned
from deployments.checkout.events import CheckoutCompleted
from deployments.foundation.events import Envelope, schema_of
from tests.announced import announced
from tests.unit.carts.rooms import PLATFORM, SHIRT, Rooms, contents


def completed(cart: Cart | None) -> Envelope:
    """The event as checkout announces it."""
    fact = CheckoutCompleted(
        session_id="checkout_1",
        platform=PLATFORM,
        cart_id=None if cart is None else cart.id,
        order_id="order_1",
        currency="USD",
        total=100,
    )
    return Envelope.model_validate(
        {
            "specversion": "1.0",
            "id": "event_1_1",
            "source": "/services/checkout",
            "type": fact.type,
            "subject": fact.session_id,
            "time": "2026-06-15T12:00:00Z",
            "dataschema": schema_of(fact.type),
            "datacontenttype": "application/json",
            "sequence": 2,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": fact.model_dump(mode="json"),
        }
    )


async def hear(rooms: Rooms, envelope: Envelope) -> None:
    subscriptions = CartsConsumers(rooms.carts).subscriptions()
    (handler,) = filter(None, (one.handler_of(envelope.type) for one in subscriptions))
    await handler(envelope)


async def abandoned(rooms: Rooms) -> list[str]:
    rooms.clock.forward(timedelta(hours=2))
    await rooms.carts.announce_abandoned(AnnounceAbandoned())
    events = await announced(rooms.redis_of("carts"), "carts", CartAbandoned.type)
    return [event.subject for event in events]


@pytest.fixture
async def cart(rooms: Rooms) -> Cart:
    return await rooms.carts.create(
        CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 1)))
    )


async def change(rooms: Rooms, cart: Cart) -> None:
    wanted = contents((SHIRT.sku, 2))
    await rooms.carts.replace(ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=wanted))


async def test_a_cart_that_was_bought_was_not_abandoned(rooms: Rooms, cart: Cart) -> None:
    await hear(rooms, completed(cart))
    assert await abandoned(rooms) == []


async def test_a_cart_that_was_changed_after_it_was_bought_may_be_abandoned(
    rooms: Rooms, cart: Cart
) -> None:
    await hear(rooms, completed(cart))
    await change(rooms, cart)
    assert await abandoned(rooms) == [cart.id]


async def test_an_event_that_comes_again_changes_nothing(rooms: Rooms, cart: Cart) -> None:
    await hear(rooms, completed(cart))
    await change(rooms, cart)
    await hear(rooms, completed(cart))
    assert await abandoned(rooms) == [cart.id]


async def test_a_session_without_a_cart_is_none_of_carts_business(rooms: Rooms, cart: Cart) -> None:
    await hear(rooms, completed(None))
    assert await abandoned(rooms) == [cart.id]
