"""What is taken off by itself: offers and price lists, by date, quantity and customer group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from deployments.pricing.contract import AppliedDiscount, DiscountAllocation, Offer, PriceLine
from deployments.pricing.domain.percentages import percent_off
from deployments.pricing.domain.periods import holds
from deployments.pricing.domain.price_lists import best_listed
from deployments.pricing.domain.rules import Rules

_Key = tuple[int, int, str]
"""In which order discounts come: offers by id, then lists by id."""
OFFER_PRIORITY = 1
"""Offers come first: codes apply to what they leave."""


def automatic_discounts(
    lines: Sequence[PriceLine],
    rules: Rules,
    now: datetime,
    groups: frozenset[str] = frozenset(),
) -> list[AppliedDiscount]:
    """One discount for every offer and price list that some line has: each line has one at most,
    its best, and of equals the offer.

    What counts for bounds is all units of a SKU in the request, over all its lines.
    """
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.quantity
    in_force = {one.id: holds(one, now) for one in rules.listed.lists}
    allocations: dict[_Key, list[DiscountAllocation]] = defaultdict(list)
    titles: dict[_Key, str] = {}
    for index, line in enumerate(lines):
        offer = _best(rules.offers.get(line.sku, ()), units[line.sku], now, groups)
        amount = percent_off(line.unit_price * line.quantity, offer.percent) if offer else 0
        key, title = (0, offer.id if offer else 0, ""), offer.title if offer else ""
        listed = best_listed(line, units[line.sku], rules.listed, groups, in_force)
        if listed is not None and listed.amount > amount:
            amount, key, title = listed.amount, (1, 0, listed.of.id), listed.of.title
        if amount:
            titles[key] = title
            allocations[key].append(DiscountAllocation(line=index, amount=amount))
    return [_applied(titles[key], tuple(allocations[key])) for key in sorted(titles)]


def _best(
    offers: Sequence[Offer], units: int, now: datetime, groups: frozenset[str]
) -> Offer | None:
    """The offer in force that takes most off; of equals the one with the lowest id."""
    fitting = [
        offer
        for offer in offers
        if holds(offer, now)
        and _covers(offer, units)
        and (not offer.groups or offer.groups & groups)
    ]
    return max(fitting, key=lambda offer: (Decimal(offer.percent), -offer.id), default=None)


def _covers(offer: Offer, units: int) -> bool:
    most = offer.max_quantity
    return offer.min_quantity <= units and (most is None or units <= most)


def _applied(title: str, allocations: tuple[DiscountAllocation, ...]) -> AppliedDiscount:
    return AppliedDiscount(
        title=title,
        amount=sum(part.amount for part in allocations),
        method="each",
        priority=OFFER_PRIORITY,
        allocations=allocations,
    )
