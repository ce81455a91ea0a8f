"""Percentages of amounts of money."""

from __future__ import annotations

from decimal import Decimal

from deployments.foundation.values.money import share


def percent_off(amount: int, percent: str) -> int:
    """The cents that a percentage takes off, rounded half up, and never more than there are."""
    return min(share(amount, Decimal(percent)), amount)
