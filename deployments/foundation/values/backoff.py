"""Exponential back-off: how long to wait before the next attempt."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 1000
"""More would overflow a float; whatever the first pause is, the longest is reached before."""


@dataclass(frozen=True)
class Backoff:
    """Pauses in seconds: `first` after one failure, twice as long after each further one, and
    never more than `longest`.

    Whoever waits beside others spreads the pauses by chance, as much as it needs.
    """

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """The pause after so many failures in a row, one or more."""
        return min(self.first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), self.longest)
