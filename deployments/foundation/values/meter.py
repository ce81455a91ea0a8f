"""The instruments that a service measures with: they add up in the process.

Whoever collects the figures reads them from the `Meter` every few seconds, so that a hot path pays
for an addition and for nothing else. Names and units are Prometheus': a counter ends in `_total`, a
duration in `_seconds`. A label's values come from the code, never from a client.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Labels = tuple[str, ...]
"""The values of an instrument's labels, in the order in which it names them."""
MOST_SERIES = 2000
"""Of one instrument in one process: more would mean that a label's values come from outside."""


class TooManySeriesError(Exception):
    """A label takes values without end, which would fill whatever collects them."""


class _Instrument:
    def __init__(self, name: str, description: str, labels: Sequence[str]) -> None:
        self.name, self.description, self.labels = name, description, tuple(labels)

    def _check(self, labels: Labels, known: int) -> None:
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, not {labels}")
        if known >= MOST_SERIES:
            raise TooManySeriesError(f"{self.name} has more than {MOST_SERIES} series")


class Counter(_Instrument):
    """Something that is counted, or added up."""

    def __init__(self, name: str, description: str, labels: Sequence[str]) -> None:
        super().__init__(name, description, labels)
        self.series: dict[Labels, float] = {}

    def inc(self, *labels: str, by: float = 1.0) -> None:
        """Add to it."""
        try:
            self.series[labels] += by
        except KeyError:
            self._check(labels, len(self.series))
            self.series[labels] = by


class Gauge(_Instrument):
    """A figure that goes up and down."""

    def __init__(self, name: str, description: str, labels: Sequence[str]) -> None:
        super().__init__(name, description, labels)
        self.series: dict[Labels, float] = {}

    def set(self, value: float, *labels: str) -> None:
        """Set it."""
        if labels not in self.series:
            self._check(labels, len(self.series))
        self.series[labels] = value


@dataclass
class Distribution:
    """How many observations fell between two bounds, the last ones above all; and their sum."""

    counts: list[int]
    sum: float = 0.0


class Histogram(_Instrument):
    """Figures by how large they are; a bound belongs to what is below it."""

    def __init__(
        self, name: str, description: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        super().__init__(name, description, labels)
        self.bounds = tuple(bounds)
        self.series: dict[Labels, Distribution] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Add one."""
        series = self.series.get(labels)
        if series is None:
            self._check(labels, len(self.series))
            series = self.series[labels] = Distribution([0] * (len(self.bounds) + 1))
        series.counts[bisect_left(self.bounds, value)] += 1
        series.sum += value


@dataclass(frozen=True)
class Meter:
    """Makes instruments; the same name gives the same one again."""

    counters: dict[str, Counter] = field(default_factory=dict)
    gauges: dict[str, Gauge] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)

    def counter(self, name: str, description: str, labels: Sequence[str] = ()) -> Counter:
        """A counter; its name ends in `_total`."""
        return self.counters.setdefault(name, Counter(name, description, labels))

    def gauge(self, name: str, description: str, labels: Sequence[str] = ()) -> Gauge:
        """A gauge."""
        return self.gauges.setdefault(name, Gauge(name, description, labels))

    def histogram(
        self, name: str, description: str, bounds: Sequence[float], labels: Sequence[str] = ()
    ) -> Histogram:
        """A histogram with these upper bounds."""
        return self.histograms.setdefault(name, Histogram(name, description, labels, bounds))

    def instruments(self) -> Iterable[Counter | Gauge | Histogram]:
        """All that were made."""
        yield from self.counters.values()
        yield from self.gauges.values()
        yield from self.histograms.values()


UNMEASURED = Meter()
"""What a process measures with unless it is told otherwise: nobody reads it."""
