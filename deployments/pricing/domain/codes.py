"""Discount codes: which of those sent may be used together, and what one takes off.

Of the codes that lower the lines (a percentage or an amount) one can be used, and beside it one
that lowers the shipping. The first of each sort that is usable wins, whatever else was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.foundation.values.money import STORE_CURRENCY, format_money, split
from deployments.pricing.contract import (
    AppliedDiscount,
    DiscountAllocation,
    DiscountCode,
    PriceRequest,
    RejectedCode,
    WaitingCode,
    fold,
)
from deployments.pricing.domain.offers import percent_off
from deployments.pricing.domain.rules import Rules, last_moment, opens

MAX_CODES = 20
"""Codes that are looked at in a request; as only two can be used, more are not an honest try."""
_SHOWN_CHARACTERS = 40
_CLASH = "discount_code_combination_disallowed"
_ITEMS_PRIORITY, _SHIPPING_PRIORITY = 2, 3


@dataclass(frozen=True)
class Basket:
    """What codes are judged by: the subtotal, how often each code was redeemed, and the time."""

    subtotal: int
    redemptions: Mapping[str, int]
    now: datetime


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
    usable: dict[int, DiscountCode] = {}
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
            usable[_priority(code)] = code
    return [usable[priority] for priority in sorted(usable)], rejected


def _superfluous(index: int, shown: str, *, repeated: bool) -> _No | None:
    if index >= MAX_CODES:
        return _No(_CLASH, f"Send {MAX_CODES} codes at most; only two can be combined.")
    if repeated:
        return _No("discount_code_already_applied", f"Code '{shown}' was sent more than once.")
    return None


def _unusable(
    code: DiscountCode | None, shown: str, basket: Basket, usable: Mapping[int, DiscountCode]
) -> _No | None:
    if code is None:
        return _No("discount_code_invalid", f"Code '{shown}' is unknown. Check its spelling.")
    if over := _over(code, basket):
        return _No("discount_code_expired", f"Code '{shown}' {over}.")
    if basket.subtotal < code.minimum_subtotal:
        least = format_money(code.minimum_subtotal, STORE_CURRENCY)
        sentence = f"Code '{shown}' needs a subtotal of {least} or more."
        return _No("discount_code_user_ineligible", sentence)
    if other := usable.get(_priority(code)):
        return _No(_CLASH, f"Code '{shown}' cannot be combined with '{other.code}'.")
    return None


def _over(code: DiscountCode, basket: Basket) -> str | None:
    """Why a code cannot be redeemed at this time, or none."""
    limit = code.max_redemptions
    if basket.now < opens(code):
        return f"is valid from {opens(code):%Y-%m-%d} on"
    if basket.now > last_moment(code):
        return f"expired after {last_moment(code):%Y-%m-%d}"
    if limit is not None and basket.redemptions.get(fold(code.code), 0) >= limit:
        return "has been used up"
    return None


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
    code: DiscountCode, remaining: Sequence[int], shipping: int | None
) -> AppliedDiscount | None:
    """What a code takes off the cents that remain of each line, or off shipping.

    None where that is nothing, as for free shipping before there is a shipping price.
    """
    parts = _parts(code, remaining, shipping)
    if not parts:
        return None
    return AppliedDiscount(
        title=code.title,
        amount=sum(part.amount for part in parts),
        code=code.code,
        method="each" if code.kind == "percent" else "across",
        priority=_priority(code),
        allocations=parts,
    )


def _parts(
    code: DiscountCode, remaining: Sequence[int], shipping: int | None
) -> tuple[DiscountAllocation, ...]:
    if code.kind == "free_shipping":
        return (DiscountAllocation(line=None, amount=shipping),) if shipping else ()
    if code.kind == "percent":
        amounts = [percent_off(amount, code.percent) for amount in remaining]
    else:
        amounts = split(min(code.amount, sum(remaining)), remaining)
    return tuple(
        DiscountAllocation(line=line, amount=amount)
        for line, amount in enumerate(amounts)
        if amount
    )
