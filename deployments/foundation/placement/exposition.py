"""What a process without Ray has measured, for Prometheus, under the names that Ray gives."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.values.meter import Counter, Gauge, Histogram, Meter

PREFIX = "ray_"
"""What Ray puts before every name: rules and dashboards then hold in every placement."""


class _Collector:
    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def collect(self) -> Iterator[Metric]:
        for instrument in self._meter.instruments():
            yield _family(instrument)


def _family(instrument: Counter | Gauge | Histogram) -> Metric:
    name, labels = PREFIX + instrument.name, instrument.labels
    if isinstance(instrument, Histogram):
        return _histogram(name, instrument)
    kind = CounterMetricFamily if isinstance(instrument, Counter) else GaugeMetricFamily
    family = kind(name, instrument.description, labels=labels)
    for values, value in instrument.series.items():
        family.add_metric(values, value)
    return family


def _histogram(name: str, histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(name, histogram.description, labels=histogram.labels)
    bounds = [*map(str, histogram.bounds), "+Inf"]
    for values, series in histogram.series.items():
        total, buckets = 0, []
        for bound, count in zip(bounds, series.counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric(values, buckets, series.sum)
    return family


def exposed(meter: Meter) -> bytes:
    """Everything that was measured, as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(meter))
    return generate_latest(registry)


def metrics_route(meter: Meter) -> Route:
    """`GET /metrics` for Prometheus."""

    async def metrics(_request: Request) -> Response:
        return Response(exposed(meter), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Route("/metrics", metrics)
