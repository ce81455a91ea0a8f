"""What an operator wants to know of each service, out of figures and of what Serve says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commands.monitoring.exporters import Figures
from deployments.topology import BY_NAME

NOT_DECLARED = "NOT DECLARED"
"""The status of a service that no application hosts, where there are applications."""
_ANSWERED = frozenset({"ok", "rejected", "cancelled"})


@dataclass(frozen=True)
class Hosting:
    """The application that hosts a service, as Serve sees it."""

    application: str
    status: str
    running: int
    wanted: int
    message: str = ""


@dataclass(frozen=True)
class ServiceRow:
    """One service. Rates are by the second, p99 in seconds; none where nothing was measured.

    What a service does is its clients' requests, and others' calls if it has no routes. `waiting`
    events have not taken effect yet; the oldest is so many seconds old. `message` is Serve's.
    """

    service: str
    application: str = ""
    status: str = ""
    replicas: str = ""
    release: str = ""
    rate: float | None = None
    errors: float | None = None
    p99: float | None = None
    waiting: int | None = None
    oldest: float | None = None
    letters: int | None = None
    message: str = ""


@dataclass(frozen=True)
class StoreFigures:
    """What is known of a store now, and what was added in the last `seconds`, if that is known."""

    hosting: Mapping[str, Hosting]
    now: Figures
    grown: Figures | None
    seconds: float

    def rows(self) -> list[ServiceRow]:
        """A line for each service."""
        return [self._row(name) for name in BY_NAME]

    def _row(self, name: str) -> ServiceRow:
        host = self.hosting.get(name)
        waiting, oldest = self._lag("events_waiting", name), self._lag("oldest_event_seconds", name)
        letters = self.now.largest("dead_letters", "service").get(name)
        done, failed, p99 = self._work(name)
        return ServiceRow(
            service=name,
            application=host.application if host else "",
            status=host.status if host else NOT_DECLARED if self.hosting else "",
            replicas=f"{host.running}/{host.wanted}" if host else "",
            release=self._release(name),
            rate=done,
            errors=failed,
            p99=p99,
            waiting=None if waiting is None else int(sum(waiting)),
            oldest=None if oldest is None else max(oldest),
            letters=None if letters is None else int(letters),
            message=host.message if host else "",
        )

    def _release(self, name: str) -> str:
        """More than one while a release goes out."""
        info = self.now.of("service_info")
        return " ".join(sorted({of.get("release", "") for of, _ in info if of["service"] == name}))

    def _lag(self, metric: str, name: str) -> list[float] | None:
        """A state of a subscriber, by publisher."""
        by_publisher: dict[str, float] = {}
        for labels, value in self.now.of(metric):
            if labels["service"] == name:
                publisher = labels["publisher"]
                by_publisher[publisher] = max(value, by_publisher.get(publisher, value))
        return list(by_publisher.values()) or None

    def _work(self, name: str) -> tuple[float | None, float | None, float | None]:
        """Rate, errors a second, and the time in which 99 of 100 are answered."""
        if self.grown is None:
            return None, None, None
        is_public = BY_NAME[name].prefix is not None
        label, metric = ("service", "request") if is_public else ("dependency", "call")
        said = "status" if is_public else "outcome"
        ended = self.grown.summed(
            f"{metric}s_total", lambda of: of[said] if of[label] == name else None
        )
        buckets = self.grown.summed(
            f"{metric}_duration_seconds_bucket", lambda of: of["le"] if of[label] == name else None
        )
        failed = sum(count for word, count in ended.items() if is_failure(word))
        rate = sum(ended.values()) / self.seconds
        return rate, failed / self.seconds, quantile(0.99, buckets)


def is_failure(word: str) -> bool:
    """Whether a request's status or a call's outcome is the store's failure."""
    return word.startswith("5") if word.isdigit() else word not in _ANSWERED


def quantile(share: float, buckets: Mapping[str, float]) -> float | None:
    """As Prometheus' `histogram_quantile`: within a bucket observations are spread evenly."""
    ordered = sorted((float(bound), count) for bound, count in buckets.items())
    if not ordered or ordered[-1][1] <= 0:
        return None
    rank, below, lower = share * ordered[-1][1], 0.0, 0.0
    for bound, count in ordered:
        if count >= rank:
            if bound == float("inf"):
                return lower
            return lower + (bound - lower) * (rank - below) / (count - below)
        below, lower = count, bound
    return lower
