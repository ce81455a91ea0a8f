"""Clocks that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta


class ManualClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float = 0, **more: float) -> None:
        """Move on by so many seconds, and so many `minutes`, `hours` or `days`."""
        self.now += timedelta(seconds=seconds, **more)


class SecondsClock:
    """A clock that counts seconds from some moment, and stands still as long as it is left."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
