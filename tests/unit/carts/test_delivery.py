"""A cart shows how it can be delivered, as shipping says of what is in it, and of nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.carts.contract import CancelCart, Cart, CreateCart, GetCart, ReplaceCart
from deployments.carts.domain import DeliveryEstimate, delivery_notice
from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.subscriptions import Handler
from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.http.ucp import Notice
from deployments.foundation.placement.host import nowhere
from deployments.shipping import deployment as shipping
from deployments.shipping.contract import (
    Destination,
    ImportMethods,
    ParcelLine,
    RateShipment,
    ShippingMethod,
    Undeliverable,
)
from deployments.shipping.events import DeliveryEstimated, EstimatedOption
from deployments.shipping.service import ShippingService
from tests.composing import handler_of, service_of
from tests.published_events import published
from tests.ucp_schemas import assert_valid
from tests.unit.carts.services import BIKE, HELMET, PLATFORM, SHIRT, Services, contents, key

MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
_CODES = {"delivery_estimate", "delivery_unavailable"}


def method(id_: str, charge: int, per_pound: int, days: tuple[int, int]) -> ShippingMethod:
    return ShippingMethod(
        id=id_,
        title=id_.title(),
        carrier="UPS",
        base_charge=charge,
        charge_per_pound=per_pound,
        min_days=days[0],
        max_days=days[1],
        zones=frozenset({"US"}),
    )


def to(country: str | None) -> dict[str, str] | None:
    """The context of a buyer there."""
    return None if country is None else {"address_country": country}


class Both:
    """Carts and shipping, and what is on its way between them."""

    def __init__(self, services: Services) -> None:
        self.services, self.carts = services, services.carts
        redis = services.redis_of("shipping")
        self._composed = (
            services.composition,
            shipping.compose(redis, nowhere, clock=services.clock),
        )
        self.shipping = service_of(self._composed[1], ShippingService)
        self._consumed: set[str] = set()

    async def stock(self) -> None:
        methods = (method("ground", 395, 99, (3, 5)), method("express", 995, 199, (1, 2)))
        await self.shipping.import_methods(ImportMethods(batch="first", methods=methods))

    def handler_of(self, envelope: Envelope) -> Handler | None:
        return next(filter(None, (handler_of(one, envelope) for one in self._composed)), None)

    async def unheard(self, service: str) -> list[Envelope]:
        events = await published(self.services.redis_of(service), service)
        return [event for event in events if event.id not in self._consumed]

    async def consume(self, service: str, limit: int = 1000) -> None:
        """The next events of a service reach whoever listens, in their order."""
        for envelope in (await self.unheard(service))[:limit]:
            handler = self.handler_of(envelope)
            if handler is not None:
                await handler(envelope)
            self._consumed.add(envelope.id)

    async def settle(self) -> None:
        """Everything that was published is consumed."""
        await self.consume("carts")
        await self.consume("shipping")

    async def create(
        self,
        *wanted: tuple[str, int],
        country: str | None = "US",
        request: RequestKey | None = None,
    ) -> Cart:
        return await self.carts.create(
            CreateCart(
                platform=PLATFORM,
                contents=contents(*wanted, context=to(country)),
                request=request or RequestKey(),
            )
        )

    async def replace(
        self,
        cart: Cart,
        *wanted: tuple[str, int],
        country: str | None = "US",
        version: int | None = None,
    ) -> Cart:
        """Replace everything; a line of an item that the cart has stays that line."""
        replacement = contents(*wanted, context=to(country))
        ids = {line.sku: line.id for line in (await self.read(cart)).lines}
        lines = tuple(
            line.model_copy(update={"id": ids.get(line.item_id)}) for line in replacement.lines
        )
        request = ReplaceCart(
            cart_id=cart.id,
            platform=PLATFORM,
            contents=replacement.model_copy(update={"lines": lines}),
            expected_version=version,
        )
        return await self.carts.replace(request)

    async def read(self, cart: Cart) -> Cart:
        return await self.carts.get(GetCart(cart_id=cart.id, platform=PLATFORM))

    async def shown(self, cart: Cart) -> list[Notice]:
        """What the cart says of its delivery."""
        return [notice for notice in (await self.read(cart)).notices if notice.code in _CODES]

    async def quoted(self, cart: Cart) -> Notice:
        """What checkout would offer for the cart now, in the cart's words."""
        now = await self.read(cart)
        lines = tuple(
            ParcelLine(sku=line.sku, quantity=line.quantity, weight_grams=line.weight_grams)
            for line in now.lines
        )
        country = (now.context or {}).get("address_country", "US")
        asked = RateShipment(lines=lines, destination=Destination(country=country))
        try:
            found = (await self.shipping.options(asked)).options
        except Undeliverable:
            found = ()
        options = (EstimatedOption(**one.model_dump(exclude={"description"})) for one in found)
        said = DeliveryEstimated(cart_id=cart.id, country=country, options=tuple(options))
        at = self.services.clock()
        return delivery_notice(DeliveryEstimate(estimate=said, at=at), now.currency, at)


@pytest.fixture
async def both(services: Services) -> Both:
    services.clock.now = MONDAY
    both = Both(services)
    await both.stock()
    return both


async def test_the_next_read_shows_how_the_cart_can_be_delivered(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 2), (BIKE.sku, 1))
    assert await both.shown(cart) == []
    await both.settle()
    (notice,) = await both.shown(cart)
    assert notice == await both.quoted(cart)
    assert notice.content == (
        "Delivery to US from $7.22, arriving Dec 4 \u2013 8, 2026, with UPS. "
        "Fastest for $16.53, arriving Dec 2 \u2013 3, 2026, with UPS."
    )


async def test_an_estimate_is_no_new_version(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.settle()
    async with both.services.client() as http:
        shown = await http.get(f"/carts/{cart.id}")
        assert shown.headers["etag"] == '"1"'
        assert_valid("cart", shown.json())
        (message,) = shown.json()["messages"]
        assert (message["type"], message["code"]) == ("info", "delivery_estimate")
    assert (await both.replace(cart, (SHIRT.sku, 2), version=1)).version == 2


async def test_an_answer_that_a_key_remembers_has_no_estimate(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1), request=key("create"))
    await both.settle()
    assert await both.create((SHIRT.sku, 1), request=key("create")) == cart


async def test_where_nothing_goes_the_cart_says_so(both: Both) -> None:
    cart, nowhere = (
        await both.create((SHIRT.sku, 1), country="DE"),
        await both.create((SHIRT.sku, 1), country="Atlantis"),
    )
    await both.settle()
    assert [one.content for one in await both.shown(cart)] == ["There is no delivery to DE."]
    (notice,) = await both.shown(nowhere)
    assert notice.content == "There is no delivery to the country that the cart names."


async def test_an_estimate_of_other_lines_is_not_shown(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.consume("carts")
    await both.replace(cart, (SHIRT.sku, 9))
    await both.consume("shipping")
    assert await both.shown(cart) == []
    await both.settle()
    assert await both.shown(cart) == [await both.quoted(cart)]
    await both.replace(cart, (SHIRT.sku, 2))
    assert await both.shown(cart) == []


async def test_an_estimate_of_a_part_of_the_cart_is_not_shown(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1), (BIKE.sku, 1))
    await both.consume("carts", limit=1)
    await both.consume("shipping")
    assert await both.shown(cart) == []


async def test_what_changes_no_line_keeps_the_estimate(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.settle()
    before = await both.shown(cart)
    await both.replace(cart, (SHIRT.sku, 1))
    assert await both.shown(cart) == before != []


async def test_another_country_is_another_estimate(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1), country="DE")
    await both.settle()
    await both.replace(cart, (SHIRT.sku, 1), country="US")
    await both.settle()
    (notice,) = await both.shown(cart)
    assert notice == await both.quoted(cart)
    assert notice.content.startswith("Delivery to US ")


async def test_an_event_takes_effect_once(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.consume("carts")
    (envelope,) = await both.unheard("shipping")
    await both.settle()
    before = await both.shown(cart)
    handler = both.handler_of(envelope)
    assert handler is not None
    await handler(envelope.model_copy(update={"data": {**envelope.data, "options": []}}))
    assert await both.shown(cart) == before


async def test_an_estimate_that_comes_again_or_too_late_changes_nothing(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.consume("carts")
    (envelope,) = await both.unheard("shipping")
    await both.settle()
    await both.replace(cart, (SHIRT.sku, 5))
    handler = both.handler_of(envelope)
    assert handler is not None
    await handler(envelope)
    await handler(envelope.model_copy(update={"id": "event_9_9"}))
    assert await both.shown(cart) == []


async def test_a_cart_that_is_gone_stays_gone(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.consume("carts")
    await both.carts.cancel(CancelCart(cart_id=cart.id, platform=PLATFORM))
    await both.settle()
    assert await both.services.redis_of("carts").exists(f"{{carts}}:cart:{cart.id}") == 0


async def test_an_estimate_that_does_not_say_of_which_lines_it_is_is_not_kept(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    said = DeliveryEstimated(cart_id=cart.id, country="US")
    await both.carts.keep_estimate(DeliveryEstimate(estimate=said, at=MONDAY), "event_1_1")
    assert await both.shown(cart) == []


async def test_days_are_told_for_as_long_as_they_hold(both: Both) -> None:
    cart = await both.create((SHIRT.sku, 1))
    await both.settle()
    both.services.clock.now += timedelta(days=1)
    (notice,) = await both.shown(cart)
    expected = "Delivery to US from $5.04 with UPS. Fastest for $12.14 with UPS."
    assert notice.content == expected


skus = st.sampled_from([SHIRT.sku, HELMET.sku, BIKE.sku])
wanted = st.dictionaries(skus, st.integers(1, 40), min_size=1).map(
    lambda found: list(found.items())
)
steps = st.one_of(
    st.tuples(wanted, st.sampled_from(["US", "DE", None])),
    st.tuples(st.sampled_from(["carts", "shipping"]), st.integers(1, 3)),
)


@given(first=wanted, following=st.lists(steps, max_size=12))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
async def test_whatever_is_shown_is_of_the_cart_as_it_is(
    both: Both, first: list[tuple[str, int]], following: list[tuple[object, object]]
) -> None:
    await both.settle()
    cart = await both.create(*first)
    for what, how in following:
        if isinstance(what, list):
            await both.replace(cart, *what, country=how)  # type: ignore[arg-type]
        else:
            await both.consume(str(what), limit=how)  # type: ignore[arg-type]
        if shown := await both.shown(cart):
            assert shown == [await both.quoted(cart)]
    await both.settle()
    assert await both.shown(cart) == [await both.quoted(cart)]


def option(amount: int, first: datetime, last: datetime, title: str = "Ground") -> EstimatedOption:
    return EstimatedOption(
        id=title, title=title, carrier="UPS", amount=amount, earliest=first, latest=last
    )


def said(*options: EstimatedOption, currency: str = "USD") -> str:
    estimate = DeliveryEstimated(cart_id="cart_1", country="US", options=options)
    return delivery_notice(DeliveryEstimate(estimate=estimate, at=MONDAY), currency, MONDAY).content


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ((2026, 12, 1), (2026, 12, 1), "Dec 1, 2026"),
        ((2026, 12, 1), (2026, 12, 3), "Dec 1 \u2013 3, 2026"),
        ((2026, 11, 30), (2026, 12, 2), "Nov 30 \u2013 Dec 2, 2026"),
        ((2026, 12, 30), (2027, 1, 2), "Dec 30, 2026 \u2013 Jan 2, 2027"),
        ((2026, 12, 1), (2027, 12, 1), "Dec 1, 2026 \u2013 Dec 1, 2027"),
    ],
)
def test_days_are_written_once(
    first: tuple[int, int, int], last: tuple[int, int, int], days: str
) -> None:
    one = option(899, datetime(*first, 9, tzinfo=UTC), datetime(*last, 17, tzinfo=UTC))
    assert said(one) == f"Delivery to US for $8.99, arriving {days}, with UPS."
    assert said(one, currency="EUR").startswith("Delivery to US for \u20ac8.99,")


def test_the_fastest_is_named_only_if_it_is_faster_than_the_cheapest() -> None:
    soon, later = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
    cheap, dear = option(0, soon, later), option(150_000, soon, later, "Deluxe")
    fast = option(150_000, soon, soon, "Express")
    assert said(dear, cheap) == (
        "Delivery to US from $0.00, arriving Dec 1 \u2013 3, 2026, with UPS."
    )
    fastest = " Fastest for $1,500.00, arriving Dec 1, 2026, with UPS."
    assert said(cheap, fast).endswith(fastest)
