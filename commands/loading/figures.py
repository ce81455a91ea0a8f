"""What is measured of one level of load, and how it is summed up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class LoadLevel:
    """So many buyers at once, and what they saw. All durations are in seconds.

    `opening` and `completing` are those of requests that were answered as wished, `trouble` counts
    the others by what they said. `mailed` and `delivered` are how long after its order was placed
    each mail was handed over and each webhook arrived, `drained` how long all of them took after
    the last purchase.
    """

    buyers: int
    seconds: float = 0.0
    opening: list[float] = field(default_factory=list)
    completing: list[float] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)
    trouble: Counter[str] = field(default_factory=Counter)
    mailed: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)
    drained: float = 0.0

    @property
    def rate(self) -> float:
        """Purchases a second."""
        return len(self.orders) / self.seconds if self.seconds else 0.0


def lags(
    orders: Collection[str], begin: Mapping[str, datetime], end: Mapping[str, datetime]
) -> list[float]:
    """The seconds from one to the other, of those orders of which both are known."""
    known = [order for order in orders if order in begin and order in end]
    return [(end[order] - begin[order]).total_seconds() for order in known]


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that this part of all does not exceed; not a number if there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def highest(levels: Sequence[LoadLevel]) -> LoadLevel:
    """The level at which most was bought in its time."""
    return max(levels, key=lambda level: level.rate)
