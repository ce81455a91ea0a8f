"""Where units are, and how many a request wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from deployments.inventory.contract import StockLine


class State(StrEnum):
    """Where a unit is. From `outside` it arrives, and there it goes when it is lost or sent to
    another location; in stock it is in exactly one of the others. `incoming` is on its way here,
    and `allowed` may be sold before it is here."""

    OUTSIDE = "outside"
    AVAILABLE = "available"
    RESERVED = "reserved"
    COMMITTED = "committed"
    SHIPPED = "shipped"
    INCOMING = "incoming"
    ALLOWED = "allowed"


SOLD = frozenset({State.COMMITTED, State.SHIPPED})
"""The states of units that are sold, whether they have left or not."""


class WantedUnits(NamedTuple):
    """Units of a SKU, of which at most some may be awaited."""

    units: int
    may_wait: int


def summed(lines: Iterable[StockLine]) -> dict[str, WantedUnits]:
    """Units wanted of each SKU, in the order in which the SKUs first appear."""
    wanted: Counter[str] = Counter()
    may_wait: Counter[str] = Counter()
    for line in lines:
        wanted[line.sku] += line.quantity
        may_wait[line.sku] += line.may_wait
    return {sku: WantedUnits(units, may_wait[sku]) for sku, units in wanted.items()}
