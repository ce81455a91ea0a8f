"""What shipping knows of a cart, and how the cart could be delivered. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from deployments.carts.events import LineEvent
from deployments.foundation.values.message import Message
from deployments.foundation.values.places import country_code
from deployments.shipping.contract import (
    ParcelLine,
    ShippingMethod,
    ShippingOption,
    Undeliverable,
)
from deployments.shipping.domain.rates import options_for
from deployments.shipping.events import DeliveryEstimated, EstimatedOption

STORE_COUNTRY = "US"
"""Where a cart is taken to go that names no country."""

KEPT = timedelta(days=30)
"""How long a cart is known after its last change: as long as a cart is kept that nobody writes."""


class CartLines(Message):
    """A cart's lines by id, and the country as the client gave it.

    There are no `lines`, not even an empty table, if the cart's first events were not consumed:
    what is known of it may then be a part, whose delivery would look too cheap.
    """

    lines: dict[str, ParcelLine] | None = None
    country: str | None = None


class KnownCart(Message):
    """A cart as far as events about it were consumed: up to the one of this number, 0 for none."""

    consumed: int = 0
    cart: CartLines = CartLines()

    def before(self, number: int) -> CartLines:
        """The cart before an event. Carts begin with their event 1, which adds a line."""
        return CartLines(lines={}) if self.consumed == 0 and number == 1 else self.cart


def with_line(cart: CartLines, line: LineEvent) -> CartLines:
    """The cart with this line, new or changed."""
    if cart.lines is None:
        return cart
    parcel = ParcelLine(sku=line.sku, quantity=line.quantity, weight_grams=line.weight_grams)
    return CartLines(lines={**cart.lines, line.line_id: parcel}, country=line.country)


def without_line(cart: CartLines, line: LineEvent) -> CartLines:
    """The cart without this line."""
    if cart.lines is None:
        return cart
    others = {id_: parcel for id_, parcel in cart.lines.items() if id_ != line.line_id}
    return CartLines(lines=others, country=line.country)


def estimate(
    cart_id: str, known: KnownCart, methods: Iterable[ShippingMethod], now: datetime
) -> DeliveryEstimated | None:
    """How a cart could be delivered; none if there is nothing in it, or that is not known."""
    if not known.cart.lines:
        return None
    country = country_code((known.cart.country or "").strip() or STORE_COUNTRY)
    options = _options(country, methods, tuple(known.cart.lines.values()), now)
    return DeliveryEstimated(
        cart_id=cart_id, cart_sequence=known.consumed, country=country, options=options
    )


def _options(
    country: str | None,
    methods: Iterable[ShippingMethod],
    lines: tuple[ParcelLine, ...],
    now: datetime,
) -> tuple[EstimatedOption, ...]:
    if country is None:
        return ()
    try:
        found = options_for(country, methods, lines, now).options
    except Undeliverable:
        return ()
    return tuple(map(_estimated, found))


def _estimated(option: ShippingOption) -> EstimatedOption:
    return EstimatedOption(
        id=option.id,
        title=option.title,
        carrier=option.carrier,
        amount=option.amount,
        earliest=option.earliest,
        latest=option.latest,
    )
