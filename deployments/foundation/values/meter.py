"""The instruments that a service measures with, whatever collects the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Tags = Mapping[str, str]


class Counter(Protocol):
    """Something that is counted."""

    def inc(self, value: float = 1.0, tags: Tags | None = None) -> None:
        """Add to it."""


class Gauge(Protocol):
    """A figure that goes up and down."""

    def set(self, value: float, tags: Tags | None = None) -> None:
        """Set it."""


class Histogram(Protocol):
    """Figures by how large they are."""

    def observe(self, value: float, tags: Tags | None = None) -> None:
        """Add one."""


class Meter(Protocol):
    """Makes instruments; the same name gives the same one again."""

    def counter(self, name: str, description: str, tags: Sequence[str] = ()) -> Counter:
        """A counter."""
        ...

    def gauge(self, name: str, description: str, tags: Sequence[str] = ()) -> Gauge:
        """A gauge."""
        ...

    def histogram(
        self, name: str, description: str, boundaries: Sequence[float], tags: Sequence[str] = ()
    ) -> Histogram:
        """A histogram with these upper bounds."""
        ...


class _Unmeasured:
    def inc(self, value: float = 1.0, tags: Tags | None = None) -> None:
        """Nobody counts."""

    def set(self, value: float, tags: Tags | None = None) -> None:
        """Nobody looks."""

    def observe(self, value: float, tags: Tags | None = None) -> None:
        """Nobody looks."""


class NoMeter:
    """Instruments that measure nothing, for a process whose figures nobody collects."""

    def counter(self, name: str, description: str, tags: Sequence[str] = ()) -> Counter:  # noqa: ARG002
        """A counter that forgets."""
        return _Unmeasured()

    def gauge(self, name: str, description: str, tags: Sequence[str] = ()) -> Gauge:  # noqa: ARG002
        """A gauge that forgets."""
        return _Unmeasured()

    def histogram(
        self,
        name: str,  # noqa: ARG002
        description: str,  # noqa: ARG002
        boundaries: Sequence[float],  # noqa: ARG002
        tags: Sequence[str] = (),  # noqa: ARG002
    ) -> Histogram:
        """A histogram that forgets."""
        return _Unmeasured()


UNMEASURED: Meter = NoMeter()
"""What a process measures with unless it is told otherwise."""
