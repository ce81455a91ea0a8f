"""How a price comes about: offers, then codes, then tax on what remains of each line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from deployments.foundation.values.money import share
from deployments.pricing.contract import (
    AppliedDiscount,
    LinePrice,
    Priced,
    PriceRequest,
    PriceTotals,
)
from deployments.pricing.domain.codes import (
    Basket,
    code_discount,
    judge,
    without_effect,
)
from deployments.pricing.domain.offers import automatic_discounts
from deployments.pricing.domain.rules import Rules
from deployments.pricing.domain.tax import is_taxed_by_region, rate_for


def price(
    request: PriceRequest,
    rules: Rules,
    redemptions: Mapping[str, int],
    now: datetime,
    *,
    groups: frozenset[str] | None = None,
) -> Priced:
    """Price a request. `redemptions` tells how often each code it asks for was redeemed, `groups`
    who asks, if not whoever buys through the request's platform.

    A percentage is rounded half up once for each line, and so is tax; an amount is divided
    between the lines to the cent.
    """
    subtotals = [line.unit_price * line.quantity for line in request.lines]
    who = rules.groups_of(request.platform) if groups is None else groups
    discounts = automatic_discounts(request.lines, rules, now, who)
    basket = Basket(lines=request.lines, redemptions=redemptions, now=now, groups=who)
    accepted, rejected = judge(request.codes, rules, basket)
    idle = []
    for code in accepted:
        left = _remaining(subtotals, discounts)
        discount = code_discount(code, request.lines, left, request.shipping)
        if discount is None:
            idle.append(code)
        else:
            discounts.append(discount)
    waiting, useless = without_effect(idle, request)
    rate = rate_for(request.address, rules)
    lines = _line_prices(subtotals, discounts, Decimal(rate.percent if rate else 0))
    return Priced(
        lines=lines,
        discounts=tuple(discounts),
        rejected=tuple(sorted([*rejected, *useless], key=lambda code: code.index)),
        waiting=tuple(waiting),
        totals=_totals(lines, discounts, request.shipping or 0),
        tax_name=rate.name if rate else None,
        taxed_by_region=is_taxed_by_region(request.address, rules),
    )


def _remaining(subtotals: Sequence[int], discounts: Iterable[AppliedDiscount]) -> list[int]:
    """The cents of each line that the discounts so far have left."""
    left = list(subtotals)
    for discount in discounts:
        for part in discount.allocations:
            if part.line is not None:
                left[part.line] -= part.amount
    return left


def _line_prices(
    subtotals: Sequence[int], discounts: Sequence[AppliedDiscount], percent: Decimal
) -> tuple[LinePrice, ...]:
    def line_price(subtotal: int, left: int) -> LinePrice:
        tax = share(left, percent)
        return LinePrice(subtotal=subtotal, discount=subtotal - left, tax=tax, total=left + tax)

    return tuple(map(line_price, subtotals, _remaining(subtotals, discounts)))


def _totals(
    lines: Sequence[LinePrice], discounts: Iterable[AppliedDiscount], shipping: int
) -> PriceTotals:
    parts = [part for discount in discounts for part in discount.allocations]
    off_shipping = sum(part.amount for part in parts if part.line is None)
    return PriceTotals(
        subtotal=sum(line.subtotal for line in lines),
        items_discount=sum(line.discount for line in lines),
        discount=off_shipping,
        fulfillment=shipping,
        tax=sum(line.tax for line in lines),
        total=sum(line.total for line in lines) + shipping - off_shipping,
    )
