"""What a process has measured, handed to Ray's metrics, which Prometheus collects from every node.

One of Ray's records costs more than two microseconds, so only what has changed is handed on, every
few seconds. Ray adds which application, deployment and replica it is from.
"""

from __future__ import annotations

from ray.serve import metrics

from deployments.foundation.values.meter import Counter, Gauge, Histogram, Labels, Meter

EVERY_SECONDS = 5.0


class RayMetrics:
    """Shows a meter through Ray. `show` is called again and again."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._rays: dict[str, metrics.Counter | metrics.Gauge | metrics.Histogram] = {}
        self._shown: dict[tuple[str, Labels], float] = {}
        self._shown_counts: dict[tuple[str, Labels], list[int]] = {}

    async def show(self) -> bool:
        """Hand on what has changed. The tick of a loop."""
        for counter in list(self._meter.counters.values()):
            self._show_counter(counter)
        for gauge in list(self._meter.gauges.values()):
            self._show_gauge(gauge)
        for histogram in list(self._meter.histograms.values()):
            self._show_histogram(histogram)
        return False

    def _show_counter(self, counter: Counter) -> None:
        if counter.name not in self._rays:
            made = metrics.Counter(counter.name, counter.description, counter.labels)
            self._rays[counter.name] = made
        for labels, value in counter.series.items():
            new = value - self._shown.get((counter.name, labels), 0.0)
            if new > 0:
                self._rays[counter.name].inc(new, _tags(counter, labels))
                self._shown[counter.name, labels] = value

    def _show_gauge(self, gauge: Gauge) -> None:
        """Always: Ray forgets a gauge that nobody renews."""
        if gauge.name not in self._rays:
            made = metrics.Gauge(gauge.name, gauge.description, gauge.labels)
            self._rays[gauge.name] = made
        for labels, value in gauge.series.items():
            self._rays[gauge.name].set(value, _tags(gauge, labels))

    def _show_histogram(self, histogram: Histogram) -> None:
        """Ray takes single observations, and tells Prometheus of buckets alone: any value does."""
        name = histogram.name
        if name not in self._rays:
            bounds = list(histogram.bounds)
            self._rays[name] = metrics.Histogram(
                name, histogram.description, bounds, histogram.labels
            )
        values = (*histogram.bounds, 2 * histogram.bounds[-1])
        for labels, series in histogram.series.items():
            shown = self._shown_counts.setdefault((name, labels), [0] * len(values))
            tags = _tags(histogram, labels)
            for number, count in enumerate(series.counts):
                for _ in range(count - shown[number]):
                    self._rays[name].observe(values[number], tags)
            shown[:] = series.counts


def _tags(instrument: Counter | Gauge | Histogram, labels: Labels) -> dict[str, str]:
    return dict(zip(instrument.labels, labels, strict=True))
