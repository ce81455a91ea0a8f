"""What counts the outcomes of events."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Counts what becomes of events."""

    def handled(self, publisher: str) -> None:
        """An event took effect."""

    def failed(self, publisher: str) -> None:
        """An attempt failed; the event is tried again."""

    def given_up(self, publisher: str) -> None:
        """An event became a dead letter."""


class NullObserver:
    """Counts nothing."""

    def handled(self, publisher: str) -> None:
        """Not counted."""

    def failed(self, publisher: str) -> None:
        """Not counted."""

    def given_up(self, publisher: str) -> None:
        """Not counted."""
