"""Discount codes: which of those sent may be used together, and what one takes off.

Of the codes that lower the lines one can be used, or several that are all combinable, and beside
them one that lowers the shipping. The first of each sort that is usable wins, whatever else was
sent; those that combine apply in the order in which they were sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.foundation.values.money import STORE_CURRENCY, format_money
from deployments.pricing.contract import (
    AppliedDiscount,
    DiscountCode,
    PriceLine,
    PriceRequest,
    RejectedCode,
    WaitingCode,
    fold,
)
from deployments.pricing.contract.codes import CodeState
from deployments.pricing.domain.periods import last_moment, opens
from deployments.pricing.domain.rules import Rules
from deployments.pricing.domain.scopes import covered
from deployments.pricing.domain.taken_off import parts_of

MAX_CODES = 20
"""Codes that are looked at in a request; as six can be used, more are not an honest try."""
_SHOWN_CHARACTERS = 40
_CLASH = "discount_code_combination_disallowed"
_ITEMS_PRIORITY, _SHIPPING_PRIORITY = 2, 3
_MOST_COMBINED = 5


@dataclass(frozen=True)
class Basket:
    """What codes are judged by: the lines, how often each code was redeemed, the time, and the
    customer's groups."""

    lines: Sequence[PriceLine]
    redemptions: Mapping[str, int]
    now: datetime
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _No:
    reason: str
    sentence: str


def folded(codes: Sequence[str]) -> list[str]:
    """The different codes that a request asks for, as they are kept."""
    return list(dict.fromkeys(fold(code) for code in codes[:MAX_CODES]))


def judge(
    codes: Sequence[str], rules: Rules, basket: Basket
) -> tuple[list[DiscountCode], list[RejectedCode]]:
    """The codes to apply, in the order in which to apply them, and those that do nothing."""
    usable: list[DiscountCode] = []
    rejected: list[RejectedCode] = []
    seen: set[str] = set()
    for index, sent in enumerate(codes):
        code, shown = rules.codes.get(fold(sent)), _shown(sent)
        no = _superfluous(index, shown, repeated=fold(sent) in seen) or _unusable(
            code, shown, basket, usable
        )
        seen.add(fold(sent))
        if no:
            rejected.append(
                RejectedCode(index=index, code=sent, reason=no.reason, sentence=no.sentence)
            )
        elif code:
            usable.append(code)
    return sorted(usable, key=_priority), rejected


def _superfluous(index: int, shown: str, *, repeated: bool) -> _No | None:
    if index >= MAX_CODES:
        return _No(_CLASH, f"Send {MAX_CODES} codes at most; few can be combined.")
    if repeated:
        return _No("discount_code_already_applied", f"Code '{shown}' was sent more than once.")
    return None


def _unusable(
    code: DiscountCode | None, shown: str, basket: Basket, usable: Sequence[DiscountCode]
) -> _No | None:
    if code is None or not code.enabled:
        return _No("discount_code_invalid", f"Code '{shown}' is unknown. Check its spelling.")
    if over := _over(code, basket):
        return _No("discount_code_expired", f"Code '{shown}' {over}.")
    if code.groups and not code.groups & basket.groups:
        return _No("discount_code_user_ineligible", f"Code '{shown}' is for other customers.")
    if needs := _needs(code, basket):
        return _No("discount_code_user_ineligible", f"Code '{shown}' needs {needs}.")
    if other := _clash(code, usable):
        return _No(_CLASH, f"Code '{shown}' cannot be combined with '{other.code}'.")
    return None


def _needs(code: DiscountCode, basket: Basket) -> str | None:
    """What of the lines that it is about a code lacks; none if nothing."""
    lines = [basket.lines[index] for index in covered(basket.lines, code.scope)]
    if sum(line.unit_price * line.quantity for line in lines) < code.minimum_subtotal:
        least = format_money(code.minimum_subtotal, STORE_CURRENCY)
        return f"a subtotal of {least} or more"
    if sum(line.quantity for line in lines) < code.minimum_quantity:
        return f"{code.minimum_quantity} or more items"
    return None


def _clash(code: DiscountCode, usable: Sequence[DiscountCode]) -> DiscountCode | None:
    """A code that was taken before and does not go with this one."""
    alike = [other for other in usable if _priority(other) == _priority(code)]
    if code.kind == "free_shipping" or not code.combinable or len(alike) >= _MOST_COMBINED:
        return alike[0] if alike else None
    return next((other for other in alike if not other.combinable), None)


def state_of(code: DiscountCode, redeemed: int, now: datetime) -> CodeState:
    """Whether a code can be used at a moment, having been redeemed so often; and if not, why."""
    if not code.enabled:
        return "disabled"
    if now < opens(code):
        return "planned"
    if now > last_moment(code):
        return "over"
    used_up = code.max_redemptions is not None and redeemed >= code.max_redemptions
    return "used_up" if used_up else "active"


def _over(code: DiscountCode, basket: Basket) -> str | None:
    """Why a code cannot be redeemed at this time, or none."""
    state = state_of(code, basket.redemptions.get(fold(code.code), 0), basket.now)
    if state == "planned":
        return f"is valid from {opens(code):%Y-%m-%d} on"
    if state == "over":
        return f"expired after {last_moment(code):%Y-%m-%d}"
    return "has been used up" if state == "used_up" else None


def _priority(code: DiscountCode) -> int:
    return _SHIPPING_PRIORITY if code.kind == "free_shipping" else _ITEMS_PRIORITY


def _shown(code: str) -> str:
    """A code as a sentence quotes it, which keeps the answer to a huge one small."""
    return code if len(code) <= _SHOWN_CHARACTERS else f"{code[:_SHOWN_CHARACTERS]}…"


def without_effect(
    codes: Sequence[DiscountCode], request: PriceRequest
) -> tuple[list[WaitingCode], list[RejectedCode]]:
    """Of usable codes that take nothing off, those that may yet, and those that will not."""
    waiting: list[WaitingCode] = []
    rejected: list[RejectedCode] = []
    sent = [fold(code) for code in request.codes]
    for code in codes:
        index = sent.index(fold(code.code))
        written = request.codes[index]
        if code.kind == "free_shipping" and request.shipping is None:
            sentence = f"Code '{_shown(written)}' waits for a shipping option, and takes that off."
            waiting.append(WaitingCode(index=index, code=written, sentence=sentence))
        else:
            sentence = f"Code '{_shown(written)}' takes nothing off: what it is for is free here."
            reason = "discount_code_without_effect"
            rejected.append(
                RejectedCode(index=index, code=written, reason=reason, sentence=sentence)
            )
    return waiting, rejected


def code_discount(
    code: DiscountCode,
    lines: Sequence[PriceLine],
    remaining: Sequence[int],
    shipping: int | None,
) -> AppliedDiscount | None:
    """What a code takes off the cents that remain of each line, or off shipping.

    None where that is nothing, as for free shipping before there is a shipping price.
    """
    parts = parts_of(code, lines, remaining, shipping)
    if not parts:
        return None
    return AppliedDiscount(
        title=code.title,
        amount=sum(part.amount for part in parts),
        code=code.code,
        method="across" if code.kind in {"amount", "free_shipping"} else "each",
        priority=_priority(code),
        allocations=parts,
    )
