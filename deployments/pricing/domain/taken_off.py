"""How many cents a code takes off which lines. No line is left with less than nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployments.foundation.values.money import split
from deployments.pricing.contract.codes import BuyGet, DiscountCode
from deployments.pricing.contract.prices import DiscountAllocation, PriceLine
from deployments.pricing.domain.percentages import percent_off
from deployments.pricing.domain.scopes import covered


def parts_of(
    code: DiscountCode,
    lines: Sequence[PriceLine],
    remaining: Sequence[int],
    shipping: int | None,
) -> tuple[DiscountAllocation, ...]:
    """What a code takes off each line, of the cents that remain of it, or off shipping."""
    if code.kind == "free_shipping":
        return (DiscountAllocation(line=None, amount=shipping),) if shipping else ()
    amounts = _amounts(code, lines, remaining)
    return tuple(
        DiscountAllocation(line=line, amount=amounts[line])
        for line in sorted(amounts)
        if amounts[line]
    )


def _amounts(
    code: DiscountCode, lines: Sequence[PriceLine], remaining: Sequence[int]
) -> Mapping[int, int]:
    within = covered(lines, code.scope)
    if code.kind == "buy_get" and code.buy_get is not None:
        return _got(code.buy_get, lines, remaining, within)
    if code.kind == "percent":
        return {line: percent_off(remaining[line], code.percent) for line in within}
    left = [remaining[line] for line in within]
    return dict(zip(within, split(min(code.amount, sum(left)), left), strict=True))


def _got(
    rule: BuyGet, lines: Sequence[PriceLine], remaining: Sequence[int], bought: Sequence[int]
) -> Mapping[int, int]:
    """The cheapest units that may be got for those that are bought, at their percentage off."""
    apart = rule.gets is not None
    got = (
        [line for line in covered(lines, rule.gets) if line not in bought] if rule.gets else bought
    )
    units = sum(lines[line].quantity for line in bought)
    free = units // (rule.buy if apart else rule.buy + rule.get) * rule.get
    amounts: dict[int, int] = {}
    for line in sorted(got, key=lambda line: (remaining[line] / lines[line].quantity, line)):
        count = min(free, lines[line].quantity)
        free -= count
        amounts[line] = percent_off(remaining[line] * count // lines[line].quantity, rule.percent)
    return amounts
