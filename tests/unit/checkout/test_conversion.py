"""A cart becomes one session, and one order: however often, and whenever, it is asked for."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from deployments.carts.contract import CancelCart, Cart, CartBought, CartNotFound, CreateCart
from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.checkout.contract import CreateSession, Session, SessionContents, WantedDelivery
from deployments.checkout.events import CheckoutCompleted
from deployments.checkout.store import KEEP_SECONDS, session_key
from deployments.foundation.http.idempotency import KeyReused
from deployments.foundation.http.rate_limits import LimitReached
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from tests.composing import handler_of
from tests.published_events import published
from tests.unit.checkout.services import PLATFORM, SHIRT, Services
from tests.unit.checkout.shopping import HOME, completing, contents, key, ready


@pytest.fixture
async def cart(services: Services) -> Cart:
    lines = (WantedLine(item_id=SHIRT.sku, quantity=2),)
    wanted = CartContents(lines=lines, buyer={"email": "ada@example.com"})
    return await services.carts.create(CreateCart(platform=PLATFORM, contents=wanted))


def from_cart(cart: Cart, name: str = "", body: bytes = b"{}") -> CreateSession:
    delivery = WantedDelivery(destinations=(HOME,), option_id="ground")
    more = SessionContents(lines=(), delivery=delivery)
    request = {"request": key(name, body)} if name else {}
    return CreateSession(platform=PLATFORM, contents=more, cart_id=cart.id, **request)


async def buy(services: Services, cart: Cart) -> Session:
    session = (await services.checkout.create(from_cart(cart))).session
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    return done


async def tell_carts(services: Services) -> None:
    """What carts' consumer does with checkout's events."""
    events = await published(services.redis_of("checkout"), "checkout", CheckoutCompleted.type)
    for event in events:
        if (handler := handler_of(services.compositions["carts"], event)) is not None:
            await handler(event)


@pytest.mark.parametrize("when", ["at once", "later"])
async def test_a_cart_that_was_bought_is_not_bought_again(
    services: Services, cart: Cart, when: str
) -> None:
    done = await buy(services, cart)
    assert done.order is not None
    if when == "later":
        await tell_carts(services)
        await services.redis_of("checkout").delete(f"{{checkout}}:cart:{cart.id}")
    with pytest.raises(CartBought, match=done.order.order_id) as rejected:
        await services.checkout.create(from_cart(cart))
    assert rejected.value.order_id == done.order.order_id


async def test_a_conversion_under_way_when_the_cart_is_bought_makes_no_second_session(
    services: Services, cart: Cart
) -> None:
    first = (await services.checkout.create(from_cart(cart))).session
    reached, gate = services.shipping.hold("options")
    second = asyncio.create_task(services.checkout.create(from_cart(cart)))
    await reached.wait()
    await services.checkout.complete(completing(first))
    gate.set()
    with pytest.raises(CartBought):
        await second


async def test_a_carts_link_is_kept_for_as_long_as_its_session(
    services: Services, cart: Cart, admin: Redis
) -> None:
    session = (await services.checkout.create(from_cart(cart))).session
    link, name = f"{{checkout}}:cart:{cart.id}", session_key(session.id)
    assert await admin.expiretime(link) == await admin.expiretime(name)
    await services.checkout.complete(completing(session))
    await finish_detached()
    assert await admin.expiretime(link) >= await admin.expiretime(name) - 1
    assert await admin.ttl(link) > KEEP_SECONDS / 2


async def test_two_conversions_at_once_give_one_session(services: Services, cart: Cart) -> None:
    requests = [from_cart(cart, f"k{number}") for number in range(8)]
    made = await asyncio.gather(*map(services.checkout.create, requests))
    assert len({one.session.id for one in made}) == 1
    assert sum(one.created for one in made) == 1


async def test_a_repeated_conversion_gets_its_first_answer_though_the_cart_is_gone(
    services: Services, cart: Cart
) -> None:
    first = await services.checkout.create(from_cart(cart, "k1"))
    other = await services.checkout.create(from_cart(cart, "k2"))
    assert (first.created, other.created) == (True, False)
    await services.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM))
    assert await services.checkout.create(from_cart(cart, "k1")) == first
    assert await services.checkout.create(from_cart(cart, "k2")) == other
    with pytest.raises(KeyReused):
        await services.checkout.create(from_cart(cart, "k1", b"another body"))
    for request in (from_cart(cart, "k3"), from_cart(cart)):
        with pytest.raises(CartNotFound):
            await services.checkout.create(request)


async def test_a_repeated_conversion_gets_its_first_answer_though_it_was_not_the_first(
    services: Services, cart: Cart
) -> None:
    await services.checkout.create(from_cart(cart))
    existing = await services.checkout.create(from_cart(cart, "k1"))
    assert not existing.created
    assert await services.checkout.create(from_cart(cart, "k1")) == existing


@pytest.mark.parametrize("gone", ["bought", "the catalogue"])
async def test_a_repeated_create_gets_its_first_answer_whatever_has_happened(
    services: Services, cart: Cart, gone: str
) -> None:
    first = await services.checkout.create(from_cart(cart, "k1"))
    if gone == "bought":
        await services.checkout.complete(completing(first.session))
        await finish_detached()
        await tell_carts(services)
    else:
        services.catalog.before["resolve"] = lambda: DependencyUnavailable("catalog", "it is down")
    assert await services.checkout.create(from_cart(cart, "k1")) == first


async def test_a_platform_has_so_many_open_sessions_and_no_more(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_SESSIONS_PER_PLATFORM", "2")
    checkout = services.replica()
    creating = [
        CreateSession(platform=PLATFORM, contents=contents(), request=key(f"k{n}"))
        for n in range(2)
    ]
    first, second = [(await checkout.create(request)).session for request in creating]
    with pytest.raises(LimitReached) as rejected:
        await ready(checkout)
    assert rejected.value.limit == 2
    assert (await checkout.create(creating[1])).session == second
    other = CreateSession(platform="other", contents=contents())
    assert (await checkout.create(other)).created

    await checkout.complete(completing(first))
    third = await ready(checkout)
    services.clock.forward(hours=31)
    assert (await ready(checkout)).id != third.id
