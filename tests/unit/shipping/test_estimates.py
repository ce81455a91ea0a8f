"""As a cart changes, how it can be delivered is published: of what is in it, each time once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.carts.domain import LIFETIME
from deployments.carts.events import CartAbandoned, LineAdded, LineRemoved
from deployments.foundation.events.publishing import Envelope, event_of
from deployments.shipping.contract import ImportMethods
from deployments.shipping.domain.estimates import (
    KEPT,
    STORE_COUNTRY,
    CartLines,
    KnownCart,
    estimate,
    with_line,
    without_line,
)
from deployments.shipping.domain.rates import options_for
from deployments.shipping.events import DeliveryEstimated
from tests.unit.shipping.composed_shipping import ComposedShipping
from tests.unit.shipping.sample_events import CartHistory
from tests.unit.shipping.sample_methods import METHODS, WEDNESDAY, parcel, shipment


async def estimates(composed: ComposedShipping) -> list[DeliveryEstimated]:
    events = await composed.published(DeliveryEstimated.type)
    return [event_of(event, DeliveryEstimated) for event in events]


async def amounts(composed: ComposedShipping) -> list[list[int]]:
    return [[option.amount for option in one.options] for one in await estimates(composed)]


def charges(country: str, grams: int) -> list[int]:
    found = options_for(country, METHODS, [parcel(grams)], WEDNESDAY).options
    return [option.amount for option in found]


async def test_every_change_of_a_cart_is_estimated_with_all_its_lines(
    composed: ComposedShipping,
) -> None:
    cart = CartHistory()
    await composed.consume(
        cart.added("a", 2, 1000),
        cart.added("b", 1, 500),
        cart.changed("a", 5, 1000),
        cart.removed("b"),
    )
    grams = [2000, 2500, 5500, 5000]
    assert await amounts(composed) == [charges("US", weight) for weight in grams]
    assert [one.cart_sequence for one in await estimates(composed)] == [1, 2, 3, 4]


async def test_an_estimate_says_what_checkout_would(composed: ComposedShipping) -> None:
    await composed.consume(CartHistory(country="Canada").added("a", 3))
    (found,) = await estimates(composed)
    quoted = await composed.service.options(shipment("CA", parcel(454, 3)))
    assert found.country == quoted.country == "CA"
    assert [option.model_dump() for option in found.options] == [
        option.model_dump(exclude={"description"}) for option in quoted.options
    ]


@pytest.mark.parametrize("country", [None, "", " "])
async def test_a_cart_without_a_country_goes_to_the_stores_own(
    composed: ComposedShipping, country: str | None
) -> None:
    await composed.consume(CartHistory(country=country).added("a"))
    (found,) = await estimates(composed)
    assert found.country == STORE_COUNTRY
    assert len(found.options) == 3


async def test_a_country_that_does_not_exist_has_no_options(composed: ComposedShipping) -> None:
    await composed.consume(CartHistory(country="Atlantis").added("a"))
    assert await estimates(composed) == [DeliveryEstimated(cart_id="cart_1", cart_sequence=1)]


async def test_where_nothing_goes_there_are_no_options(composed: ComposedShipping) -> None:
    nowhere = [one.model_copy(update={"zones": frozenset({"CA"})}) for one in METHODS]
    await composed.service.import_methods(ImportMethods(batch="second", methods=tuple(nowhere)))
    await composed.consume(CartHistory(country="DE").added("a"))
    expected = DeliveryEstimated(cart_id="cart_1", cart_sequence=1, country="DE")
    assert await estimates(composed) == [expected]


async def test_the_last_country_counts(composed: ComposedShipping) -> None:
    cart = CartHistory()
    await composed.consume(cart.added("a"))
    cart.country = "DE"
    await composed.consume(cart.changed("a", 2))
    assert [found.country for found in await estimates(composed)] == ["US", "DE"]


async def test_an_emptied_cart_is_forgotten_and_may_be_filled_again(
    composed: ComposedShipping,
) -> None:
    cart = CartHistory()
    await composed.consume(cart.added("a", 5), cart.removed("a"))
    assert len(await estimates(composed)) == 1
    await composed.consume(cart.added("b", 1))
    assert await amounts(composed) == [charges("US", 5 * 454), charges("US", 454)]


async def test_a_cancelled_cart_is_forgotten_for_good(composed: ComposedShipping) -> None:
    cart = CartHistory()
    late = cart.added("a", 5)
    await composed.consume(late, cart.cancelled(), late, cart.changed("a", 6))
    assert len(await estimates(composed)) == 1
    assert "SKU-a" not in str(await composed.redis.hgetall("{shipping}:cart:cart_1"))


async def test_events_of_the_cart_that_shipping_does_not_consume_are_no_matter(
    composed: ComposedShipping,
) -> None:
    cart = CartHistory()
    left = CartAbandoned(cart_id="cart_1", platform="acme", currency="USD", total=1, lines=())
    first = cart.added("a")
    cart.unheard(left)
    await composed.consume(first, cart.added("b"))
    assert await amounts(composed) == [charges("US", 454), charges("US", 908)]


async def test_an_event_that_comes_again_publishes_nothing(composed: ComposedShipping) -> None:
    cart = CartHistory()
    history = [cart.added("a"), cart.added("b", 3), cart.removed("a")]
    for event in history:
        await composed.consume(event, event)
    await composed.consume(*history)
    assert await amounts(composed) == [charges("US", grams) for grams in (454, 4 * 454, 3 * 454)]


async def test_an_older_event_never_overwrites_a_newer(composed: ComposedShipping) -> None:
    cart = CartHistory()
    first, older, newer = cart.added("a", 1), cart.changed("a", 2), cart.changed("a", 3)
    await composed.consume(first, newer, older)
    assert await amounts(composed) == [charges("US", 454), charges("US", 3 * 454)]


async def test_a_cart_whose_beginning_was_not_consumed_is_not_estimated(
    composed: ComposedShipping,
) -> None:
    cart = CartHistory()
    first = cart.added("heavy", 9, 50_000)
    await composed.consume(cart.added("a"), cart.changed("a", 2), first)
    assert await estimates(composed) == []


async def test_carts_are_known_as_long_as_they_live(composed: ComposedShipping) -> None:
    assert KEPT == LIFETIME
    await composed.consume(CartHistory().added("a"))
    ttl = await composed.redis.ttl("{shipping}:cart:cart_1")
    assert KEPT.total_seconds() - 60 < ttl <= KEPT.total_seconds()


async def test_two_processes_at_one_cart_publish_every_change_once(
    composed: ComposedShipping,
) -> None:
    """As after a lease that was lost: one is still at what the other already does."""
    other = composed.process()
    for n in range(20):
        cart = CartHistory(f"cart_{n}")
        history = [cart.added("a"), cart.added("b"), cart.changed("a", 7), cart.removed("b")]
        await asyncio.gather(composed.consume(*history), composed.consume(*history, by=other))
    weights = [454, 2 * 454, 8 * 454, 7 * 454]
    found = await composed.published(DeliveryEstimated.type)
    for n in range(20):
        of_cart = [event_of(one, DeliveryEstimated) for one in found if one.subject == f"cart_{n}"]
        assert [[option.amount for option in one.options] for one in of_cart] == [
            charges("US", weight) for weight in weights
        ]


async def test_two_events_at_once_lose_no_line(composed: ComposedShipping) -> None:
    """Out of their order the later event may come first, and the earlier then counts no more."""
    other = composed.process()
    for n in range(40):
        cart = CartHistory(f"cart_{n}")
        await composed.consume(cart.added("a"))
        one, two = cart.added("b"), cart.added("c")
        await asyncio.gather(composed.consume(one), composed.consume(two, by=other))
    found = await composed.published(DeliveryEstimated.type)
    for n in range(40):
        of_cart = [event_of(one, DeliveryEstimated) for one in found if one.subject == f"cart_{n}"]
        last = [option.amount for option in of_cart[-1].options]
        assert last == charges("US", 454 * len(of_cart))


async def test_an_event_that_comes_after_its_cart_has_expired_publishes_nothing(
    composed: ComposedShipping,
) -> None:
    first = CartHistory().added("a")
    await composed.consume(first)
    await composed.redis.delete("{shipping}:cart:cart_1")
    await composed.consume(first)
    assert len(await estimates(composed)) == 1


lines = st.tuples(st.sampled_from("abcd"), st.integers(0, 20), st.none() | st.integers(0, 10**5))


@given(st.lists(lines, min_size=1))
def test_an_estimate_is_of_what_is_in_the_cart(
    changes: Sequence[tuple[str, int, int | None]],
) -> None:
    history, cart, has = CartHistory(), CartLines(lines={}), dict[str, tuple[int, int | None]]()
    for name, quantity, weight in changes:
        if quantity:
            has[name] = (quantity, weight)
            cart = with_line(cart, _event(history.added(name, quantity, weight)))
        else:
            has.pop(name, None)
            cart = without_line(cart, event_of(history.removed(name), LineRemoved))
        found = estimate("cart_1", KnownCart(cart=cart), METHODS, WEDNESDAY)
        parcels = [parcel(weight, quantity) for quantity, weight in has.values()]
        if not has:
            assert found is None
        else:
            quoted = options_for("US", METHODS, parcels, WEDNESDAY)
            assert found is not None
            assert [o.amount for o in found.options] == [o.amount for o in quoted.options]


def _event(envelope: Envelope) -> LineAdded:
    return event_of(envelope, LineAdded)
