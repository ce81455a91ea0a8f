"""What a process measures, and how Prometheus reads it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from deployments.foundation.placement.exposition import exposed
from deployments.foundation.values.meter import MOST_SERIES, Meter, TooManySeriesError


def samples(meter: Meter) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What Prometheus reads, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposed(meter).decode())
        for sample in family.samples
    }


def test_a_counter_adds_up_by_labels() -> None:
    meter = Meter()
    counter = meter.counter("fieldhouse_sold_total", "Sold.", ("what",))
    counter.inc("a")
    counter.inc("a", by=2.5)
    meter.counter("fieldhouse_sold_total", "Sold.", ("what",)).inc("b")
    found = samples(meter)
    assert found["ray_fieldhouse_sold_total", frozenset({("what", "a")})] == 3.5
    assert found["ray_fieldhouse_sold_total", frozenset({("what", "b")})] == 1


def test_a_gauge_is_what_it_was_set_to_last() -> None:
    meter = Meter()
    gauge = meter.gauge("fieldhouse_waiting", "Waiting.")
    gauge.set(3)
    gauge.set(2)
    assert samples(meter)["ray_fieldhouse_waiting", frozenset()] == 2


@given(st.lists(st.floats(0, 10)))
def test_a_histogram_counts_what_is_up_to_each_bound(values: list[float]) -> None:
    meter, bounds = Meter(), (0.5, 1.0, 5.0)
    histogram = meter.histogram("fieldhouse_took_seconds", "Took.", bounds)
    for value in values:
        histogram.observe(value)
    found = samples(meter)
    for bound in bounds:
        expected = sum(value <= bound for value in values)
        name = ("ray_fieldhouse_took_seconds_bucket", frozenset({("le", str(bound))}))
        assert found.get(name, 0) == expected
    if values:
        assert found["ray_fieldhouse_took_seconds_count", frozenset()] == len(values)
        total = found["ray_fieldhouse_took_seconds_sum", frozenset()]
        assert total == pytest.approx(sum(values))


def test_a_label_may_not_take_values_without_end() -> None:
    counter = Meter().counter("fieldhouse_sold_total", "Sold.", ("to",))
    for number in range(MOST_SERIES):
        counter.inc(str(number))
    with pytest.raises(TooManySeriesError):
        counter.inc("one more")
    counter.inc("0")


def test_labels_are_as_many_as_were_named() -> None:
    meter = Meter()
    with pytest.raises(ValueError, match="has the labels"):
        meter.counter("fieldhouse_sold_total", "Sold.", ("what",)).inc()
    with pytest.raises(ValueError, match="has the labels"):
        meter.gauge("fieldhouse_waiting", "Waiting.").set(1, "a")


def promtool_says(meter: Meter) -> str:
    """What promtool has against what is exposed."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=exposed(meter), capture_output=True, check=False
    )
    return (checked.stdout + checked.stderr).decode()


def test_promtool_reads_what_is_exposed() -> None:
    meter = Meter()
    meter.counter("fieldhouse_sold_total", "Sold.", ("what",)).inc("a")
    meter.gauge("fieldhouse_waiting", "Waiting.").set(1)
    meter.histogram("fieldhouse_took_seconds", "Took.", (0.5, 1.0)).observe(0.7)
    assert not promtool_says(meter)
    meter.gauge("fieldhouse_wrong_total", "No counter.").set(1)
    assert "fieldhouse_wrong_total" in promtool_says(meter)
