"""A cart that was bought was not abandoned, which carts subscribes to checkout."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deployments.carts.consumers import CartsConsumers
from deployments.carts.contract import Cart, CreateCart, PublishAbandoned, ReplaceCart
from deployments.carts.events import CartAbandoned
from deployments.checkout.events import CheckoutCompleted
from deployments.foundation.events.publishing import Envelope, schema_of
from tests.published_events import published
from tests.unit.carts.services import PLATFORM, SHIRT, Services, contents


def completed(cart: Cart | None) -> Envelope:
    """The event as checkout publishes it."""
    event = CheckoutCompleted(
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
            "type": event.type,
            "subject": event.session_id,
            "time": "2026-06-15T12:00:00Z",
            "dataschema": schema_of(event.type),
            "datacontenttype": "application/json",
            "sequence": 2,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": event.model_dump(mode="json"),
        }
    )


async def consume(services: Services, envelope: Envelope) -> None:
    subscriptions = CartsConsumers(services.carts).subscriptions()
    (handler,) = filter(None, (one.handler_of(envelope.type) for one in subscriptions))
    await handler(envelope)


async def abandoned(services: Services) -> list[str]:
    services.clock.forward(timedelta(hours=2))
    await services.carts.publish_abandoned(PublishAbandoned())
    events = await published(services.redis_of("carts"), "carts", CartAbandoned.type)
    return [event.subject for event in events]


@pytest.fixture
async def cart(services: Services) -> Cart:
    return await services.carts.create(
        CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 1)))
    )


async def change(services: Services, cart: Cart) -> None:
    wanted = contents((SHIRT.sku, 2))
    await services.carts.replace(ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=wanted))


async def test_a_cart_that_was_bought_was_not_abandoned(services: Services, cart: Cart) -> None:
    await consume(services, completed(cart))
    assert await abandoned(services) == []


async def test_a_cart_that_was_changed_after_it_was_bought_may_be_abandoned(
    services: Services, cart: Cart
) -> None:
    await consume(services, completed(cart))
    await change(services, cart)
    assert await abandoned(services) == [cart.id]


async def test_an_event_that_comes_again_changes_nothing(services: Services, cart: Cart) -> None:
    await consume(services, completed(cart))
    await change(services, cart)
    await consume(services, completed(cart))
    assert await abandoned(services) == [cart.id]


async def test_a_session_without_a_cart_is_none_of_carts_business(
    services: Services, cart: Cart
) -> None:
    await consume(services, completed(None))
    assert await abandoned(services) == [cart.id]
