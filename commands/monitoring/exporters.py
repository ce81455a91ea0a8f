"""Where a running store shows what it has measured, and what that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from commands.serve_status import token

PREFIX = "ray_fieldhouse_"
_WITHIN_SECONDS = 5.0
Labels = frozenset[tuple[str, str]]


class NotShownError(Exception):
    """Nobody shows figures there; the message says what to do."""


@dataclass(frozen=True)
class Figures:
    """What all exporters of a store showed at one moment, by name and labels."""

    series: Mapping[tuple[str, Labels], float]

    def of(self, name: str) -> Iterator[tuple[Mapping[str, str], float]]:
        """The series of a metric, its name without the prefix."""
        for (found, labels), value in self.series.items():
            if found == PREFIX + name:
                yield dict(labels), value

    def largest(self, name: str, by: str) -> dict[str, float]:
        """Of a state that every process shows: the largest value by one label."""
        largest: dict[str, float] = {}
        for labels, value in self.of(name):
            key = labels.get(by, "")
            largest[key] = max(value, largest.get(key, value))
        return largest

    def summed(self, name: str, by: Callable[[Mapping[str, str]], str | None]) -> dict[str, float]:
        """Of a counter: the sum by what `by` makes of its labels; none is left out."""
        sums: dict[str, float] = defaultdict(float)
        for labels, value in self.of(name):
            if (key := by(labels)) is not None:
                sums[key] += value
        return sums

    def since(self, before: Figures) -> Figures:
        """How much counters have grown. One that began anew has grown from nothing."""
        grown = {
            key: value - earlier if (earlier := before.series.get(key, 0.0)) <= value else value
            for key, value in self.series.items()
        }
        return Figures(grown)


def read(addresses: Sequence[str]) -> Figures:
    """The figures that these exporters show now. Raises `NotShownError` if one does not answer."""
    series: dict[tuple[str, Labels], float] = {}
    for address in addresses:
        try:
            text = httpx.get(f"{address}/metrics", timeout=_WITHIN_SECONDS).raise_for_status().text
        except httpx.HTTPError as away:
            raise NotShownError(f"{address} shows no figures: {type(away).__name__}.") from away
        series |= parsed(text)
    return Figures(series)


def parsed(text: str) -> dict[tuple[str, Labels], float]:
    """The store's own series in an exposition. A node's has ten times as many of Ray's."""
    ours = [line for line in text.splitlines(keepends=True) if line.startswith(PREFIX)]
    families = text_string_to_metric_families("".join(ours))
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def nodes(dashboard: str) -> list[str]:
    """The addresses of all nodes' exporters, as Ray's dashboard knows them."""
    headers = {"Authorization": f"Bearer {token()}"}
    url = f"{dashboard}/nodes?view=summary"
    answer = httpx.get(url, headers=headers, timeout=_WITHIN_SECONDS).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]["summary"]
    alive = [node["raylet"] for node in found if node["raylet"].get("state") == "ALIVE"]
    return [f"http://{one['nodeManagerAddress']}:{one['metricsExportPort']}" for one in alive]
