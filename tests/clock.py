"""A clock that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta


class ManualClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Move on by so many seconds."""
        self.now += timedelta(seconds=seconds)
