"""A cart that was bought was not abandoned, which carts subscribes to checkout."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from deployments.carts.contract import (
    CancelCart,
    Cart,
    CartBought,
    CreateCart,
    GetCart,
    PublishAbandoned,
    ReplaceCart,
)
from deployments.carts.events import CartAbandoned
from deployments.checkout.events import CheckoutCompleted
from deployments.foundation.events.publishing import Envelope, schema_of
from tests.composing import handler_of
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
    handler = handler_of(services.composition, envelope)
    assert handler is not None
    await handler(envelope)


async def abandoned(services: Services) -> list[str]:
    services.clock.now += timedelta(hours=2)
    await services.carts.publish_abandoned(PublishAbandoned())
    events = await published(services.redis_of("carts"), "carts", CartAbandoned.type)
    return [event.subject for event in events]


@pytest.fixture
async def cart(services: Services) -> Cart:
    return await services.carts.create(
        CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 1)))
    )


async def create_another(services: Services) -> Cart:
    return await services.carts.create(
        CreateCart(platform=PLATFORM, contents=contents((SHIRT.sku, 1)))
    )


async def change(services: Services, cart: Cart) -> None:
    wanted = contents((SHIRT.sku, 2))
    await services.carts.replace(ReplaceCart(cart_id=cart.id, platform=PLATFORM, contents=wanted))


async def test_a_cart_that_was_bought_was_not_abandoned(services: Services, cart: Cart) -> None:
    await consume(services, completed(cart))
    assert await abandoned(services) == []


async def test_a_cart_that_was_bought_is_closed_and_says_which_order_it_became(
    services: Services, cart: Cart
) -> None:
    await consume(services, completed(cart))
    shown = await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))
    assert shown.order_id == "order_1"
    assert ["order_1" in notice.content for notice in shown.notices] == [True]
    for write in (
        change(services, cart),
        services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM)),
    ):
        with pytest.raises(CartBought, match="order_1") as rejected:
            await write
        assert rejected.value.order_id == "order_1"
    shown = await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))
    assert shown.version == cart.version


async def test_a_change_under_way_when_the_cart_is_bought_does_not_open_it_again(
    services: Services, cart: Cart
) -> None:
    services.meet_before_writing(2)
    services.pricing.came.clear()
    changing = asyncio.create_task(change(services, cart))
    await services.pricing.came.wait()
    await consume(services, completed(cart))
    await create_another(services)
    with pytest.raises(CartBought):
        await changing


async def test_an_event_that_comes_again_changes_nothing(services: Services, cart: Cart) -> None:
    await consume(services, completed(cart))
    again = completed(cart).model_copy(update={"data": {**completed(cart).data, "order_id": "x"}})
    await consume(services, again)
    shown = await services.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))
    assert shown.order_id == "order_1"


async def test_a_cart_that_is_gone_stays_gone(services: Services, cart: Cart, admin: Redis) -> None:
    await services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM))
    await consume(services, completed(cart))
    assert await admin.keys("{carts}:cart:*") == []


async def test_a_session_without_a_cart_is_none_of_carts_business(
    services: Services, cart: Cart
) -> None:
    await consume(services, completed(None))
    assert await abandoned(services) == [cart.id]
