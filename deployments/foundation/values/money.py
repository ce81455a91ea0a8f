"""Amounts of money: always in minor units, rounded half up, once; and how people read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

STORE_CURRENCY = "USD"
"""What the store's own prices and rules are denominated in."""
_LOCALE = "en_US"


def round_half_up(amount: Decimal) -> int:
    """The nearest whole minor unit; a half goes away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cents(amount: str) -> int:
    """An amount written as a decimal in major units ("60.7450") in cents (6075)."""
    return round_half_up(Decimal(amount) * 100)


def share(amount: int, percent: Decimal) -> int:
    """`percent` per cent of an amount in minor units."""
    return round_half_up(amount * percent / 100)


@lru_cache(maxsize=4096)
def format_money(amount: int, currency: str) -> str:
    """An amount in minor units of an ISO 4217 currency as people write it, such as `$1,234.50`."""
    units = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(units, currency, locale=_LOCALE)


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount in proportion to `weights`, so that the parts add up exactly.

    Largest remainder first, earlier parts before later ones; all weights zero gives all to none.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return parts
