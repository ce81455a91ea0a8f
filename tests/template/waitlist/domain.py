"""The rules of waiting, without I/O."""

from __future__ import annotations

from datetime import timedelta

MOST_WAITING = 1_000
"""Buyers that a list may hold."""
KEPT = timedelta(days=90)
"""How long after the last buyer has joined it a list is kept."""
_MOST_CALLED = 100
"""More would make an event too large; the others stay in the list until the SKU is back again."""


def called_at_once(units: int) -> int:
    """How many of those who wait are called when so many units are there again."""
    return max(0, min(units, _MOST_CALLED))
