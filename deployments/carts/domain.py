"""The rules of a cart: its lines, what is the matter with them, and what is said of it. No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from deployments.carts.contract import Cart
from deployments.carts.contract.contents import CartLine, units_of
from deployments.foundation.http.ucp import Notice, info, warning
from deployments.foundation.values.dates import format_days
from deployments.foundation.values.message import Currency, Message
from deployments.foundation.values.money import format_money
from deployments.pricing.contract import LinePrice, Priced, PriceTotals
from deployments.shipping.events import DeliveryEstimated, EstimatedOption

LIFETIME = timedelta(days=30)
"""How long a cart is kept after it was last written."""
_DAYS_HOLD = timedelta(days=1)
"""For how long an estimate's days are told: they are counted from when it was made."""


class DeliveryEstimate(Message):
    """How a cart can be delivered, and when shipping said so."""

    estimate: DeliveryEstimated
    at: datetime


def ended_offers(before: Cart, lines: Sequence[CartLine], priced: Priced) -> tuple[Notice, ...]:
    """A warning for every line whose automatic offer went away though its quantity is the same.

    A quantity that was changed may leave an offer's bounds, which the buyer did. An offer that a
    better one replaced is no loss.
    """
    had, has = _offers(before.lines, before.priced), _offers(lines, priced)
    unchanged = units_of(before.lines).items() & units_of(lines).items()
    kept_skus = {sku for sku, _ in unchanged}
    return tuple(
        warning(
            "offer_ended",
            f"{title!r} no longer applies to {line.title}, so its price changed.",
            path=f"$.line_items[{index}]",
        )
        for index, line in enumerate(lines)
        if line.sku in kept_skus and has[line.sku].total() < had[line.sku].total()
        for title in sorted(had[line.sku].keys() - has[line.sku].keys())
    )


def list_prices(lines: Sequence[CartLine]) -> Priced:
    """The catalogue's prices without any discount, as pricing would put it."""
    subtotals = [line.unit_price * line.quantity for line in lines]
    whole = sum(subtotals)
    return Priced(
        lines=tuple(
            LinePrice(subtotal=amount, discount=0, tax=0, total=amount) for amount in subtotals
        ),
        discounts=(),
        rejected=(),
        totals=PriceTotals(
            subtotal=whole, items_discount=0, discount=0, fulfillment=0, tax=0, total=whole
        ),
    )


def discounts_unknown() -> Notice:
    """The warning that belongs to list prices."""
    sentence = "Discounts are not shown at present. They are applied at checkout."
    return warning("discounts_unavailable", sentence, path="$.discounts")


def bought_notice(order_id: str) -> Notice:
    """What a cart that was bought says, and all that it says."""
    return info("already_bought", f"This cart became order {order_id}. Start a new one to go on.")


def delivery_notice(delivery: DeliveryEstimate, currency: Currency, now: datetime) -> Notice:
    """What a cart says of its delivery: the cheapest way, and the fastest if it is another one."""
    country, options = delivery.estimate.country, delivery.estimate.options
    if not options:
        where = country or "the country that the cart names"
        return info("delivery_unavailable", f"There is no delivery to {where}.")
    cheapest = min(options, key=lambda one: (one.amount, one.latest))
    fastest = min(options, key=lambda one: (one.latest, one.amount))
    tell_days = now - delivery.at < _DAYS_HOLD
    word = "from" if len(options) > 1 else "for"
    sentences = [f"Delivery to {country} {word} {_way(cheapest, currency, tell_days=tell_days)}."]
    if fastest.latest < cheapest.latest:
        sentences.append(f"Fastest for {_way(fastest, currency, tell_days=tell_days)}.")
    return info("delivery_estimate", " ".join(sentences))


def _way(option: EstimatedOption, currency: Currency, *, tell_days: bool) -> str:
    days = format_days(option.earliest.date(), option.latest.date())
    arriving = f", arriving {days}," if tell_days else ""
    return f"{format_money(option.amount, currency)}{arriving} with {option.carrier}"


def _offers(lines: Sequence[CartLine], priced: Priced) -> defaultdict[str, Counter[str]]:
    """What automatic offers took off each SKU, in cents by the offer's title."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for discount in priced.discounts:
        for part in discount.allocations:
            if discount.code is None and part.line is not None:
                found[lines[part.line].sku][discount.title] += part.amount
    return found
