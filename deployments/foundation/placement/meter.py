"""Instruments on Ray's metrics, which Prometheus collects from every node."""

from __future__ import annotations

from collections.abc import Sequence

from ray.serve import metrics

from deployments.foundation.values.meter import Counter, Gauge, Histogram


class RayMeter:
    """Makes each instrument once, however many services of a process ask for it."""

    def __init__(self) -> None:
        self._made: dict[str, Counter | Gauge | Histogram] = {}

    def counter(self, name: str, description: str, tags: Sequence[str] = ()) -> Counter:
        """A counter."""
        if name not in self._made:
            self._made[name] = metrics.Counter(name, description, tuple(tags))
        return self._made[name]  # type: ignore[return-value]  # The name says which it is.

    def gauge(self, name: str, description: str, tags: Sequence[str] = ()) -> Gauge:
        """A gauge."""
        if name not in self._made:
            self._made[name] = metrics.Gauge(name, description, tuple(tags))
        return self._made[name]  # type: ignore[return-value]

    def histogram(
        self, name: str, description: str, boundaries: Sequence[float], tags: Sequence[str] = ()
    ) -> Histogram:
        """A histogram with these upper bounds."""
        if name not in self._made:
            self._made[name] = metrics.Histogram(name, description, list(boundaries), tuple(tags))
        return self._made[name]  # type: ignore[return-value]
