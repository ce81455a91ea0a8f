"""Automatic offers: a percentage off each covered line, by date and quantity."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from deployments.foundation.values.money import share
from deployments.pricing.contract import AppliedDiscount, DiscountAllocation, Offer, PriceLine
from deployments.pricing.domain.rules import Rules, holds

OFFER_PRIORITY = 1
"""Offers come first: codes apply to what they leave."""


def percent_off(amount: int, percent: str) -> int:
    """The cents that a percentage takes off, rounded half up, and never more than there are."""
    return min(share(amount, Decimal(percent)), amount)


def automatic_discounts(
    lines: Sequence[PriceLine], rules: Rules, now: datetime
) -> list[AppliedDiscount]:
    """One discount for every offer that some line has: each line has one at most, its best.

    What counts for an offer's bounds is all units of a SKU in the request, over all its lines.
    """
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.quantity
    allocations: dict[int, list[DiscountAllocation]] = defaultdict(list)
    used: dict[int, Offer] = {}
    for index, line in enumerate(lines):
        offer = _best(rules.offers.get(line.sku, ()), units[line.sku], now)
        amount = percent_off(line.unit_price * line.quantity, offer.percent) if offer else 0
        if offer and amount:
            used[offer.id] = offer
            allocations[offer.id].append(DiscountAllocation(line=index, amount=amount))
    return [_applied(used[id_], tuple(allocations[id_])) for id_ in sorted(used)]


def _best(offers: Sequence[Offer], units: int, now: datetime) -> Offer | None:
    """The offer in force that takes most off; of equals the one with the lowest id."""
    fitting = [offer for offer in offers if holds(offer, now) and _covers(offer, units)]
    return max(fitting, key=lambda offer: (Decimal(offer.percent), -offer.id), default=None)


def _covers(offer: Offer, units: int) -> bool:
    most = offer.max_quantity
    return offer.min_quantity <= units and (most is None or units <= most)


def _applied(offer: Offer, allocations: tuple[DiscountAllocation, ...]) -> AppliedDiscount:
    return AppliedDiscount(
        title=offer.title,
        amount=sum(part.amount for part in allocations),
        method="each",
        priority=OFFER_PRIORITY,
        allocations=allocations,
    )
