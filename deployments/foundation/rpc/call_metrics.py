"""What an operator watches of a service's calls to others, wherever those run."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.contracts import methods_of
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.meter import Meter
from deployments.foundation.values.spans import Span

Api = TypeVar("Api")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_ANSWERS = frozenset({"ok", "rejected", "failed"})
"""With these a dependency has answered, as `Breaker` sees it."""


class CallMetrics:
    """Calls of one service to each of its dependencies.

    An outcome is `ok`, `rejected`, a `Kind` of `DependencyUnavailable`, `cancelled` when the caller
    has left, or `failed`. A circuit counts as open from the first call that it refuses to the first
    that is answered.
    """

    def __init__(self, service: str, meter: Meter) -> None:
        self._service = service
        self._calls = meter.counter(
            "fieldhouse_calls_total",
            "Calls to other services, by outcome.",
            ("service", "dependency", "method", "outcome"),
        )
        self._seconds = meter.histogram(
            "fieldhouse_call_duration_seconds",
            "From a call to its answer, or to giving up.",
            SECONDS,
            ("service", "dependency"),
        )
        self._open = meter.gauge(
            "fieldhouse_circuit_open",
            "1 while calls are refused because the dependency kept failing, else 0.",
            ("service", "dependency"),
        )

    def of(self, api: type[Api], client: Api, app: str) -> Api:
        """The same client of the service `app`, watched."""
        names = methods_of(cast(type, api))
        calls = {name: self._watched(getattr(client, name), app, name) for name in names}
        return cast(Api, type(f"Watched{api.__name__}", (), calls)())

    def _watched(
        self, method: Callable[[Any], Awaitable[Any]], app: str, name: str
    ) -> Callable[..., Awaitable[Any]]:
        async def call(_self: object, request: object) -> object:
            began, outcome = time.perf_counter(), "cancelled"
            with Span(self._service, f"{app}.{name}", "client") as span:
                try:
                    answer = await method(request)
                    outcome = "ok"
                except Rejection as rejection:
                    outcome = "rejected"
                    span.attributes["fieldhouse.rejection"] = rejection.code
                    span.keep()
                    raise
                except DependencyUnavailable as away:
                    outcome = away.kind
                    span.fail(away.kind)
                    raise
                except Exception:
                    outcome = "failed"
                    span.fail(outcome)
                    raise
                finally:
                    self._count(app, name, outcome, time.perf_counter() - began)
                return answer

        return call

    def _count(self, app: str, method: str, outcome: str, seconds: float) -> None:
        self._calls.inc(self._service, app, method, outcome)
        self._seconds.observe(seconds, self._service, app)
        if outcome in _ANSWERS:
            self._open.set(0, self._service, app)
        elif outcome == "open":
            self._open.set(1, self._service, app)
