"""What an operator watches of a service's routes: how many requests, how they ended, how long."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.foundation.http.operations import OPERATION
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.spans import Span

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds of all durations of requests and calls: from a cached read to the longest answer."""
LEFT = 499
"""The status of a request whose client left before it was answered."""
_NO_OPERATION = "none"
_BROKEN = 500


class RequestMetrics:
    """Requests of one service, by operation and status."""

    def __init__(self, service: str, meter: Meter) -> None:
        self._service = service
        self._requests = meter.counter(
            "fieldhouse_requests_total",
            "Requests, by their answer's status.",
            ("service", "operation", "status"),
        )
        self._seconds = meter.histogram(
            "fieldhouse_request_duration_seconds",
            "From a request to its whole answer.",
            SECONDS,
            ("service", "operation"),
        )

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let `app` answer the request, and count it."""
        status, began = LEFT, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with Span(self._service, scope["method"], "server") as span:
            try:
                await app(scope, receive, noting)
            finally:
                operation = scope.get(OPERATION, _NO_OPERATION)
                self._requests.inc(self._service, operation, str(status))
                self._seconds.observe(time.perf_counter() - began, self._service, operation)
                if span.is_recorded:
                    _describe(span, scope["method"], operation, status)


UNWATCHED = RequestMetrics("none", UNMEASURED)


def _describe(span: Span, method: str, operation: str, status: int) -> None:
    span.name = operation
    span.attributes |= {
        "http.request.method": method,
        "http.response.status_code": status,
        "http.route": operation,
    }
    if status >= _BROKEN:
        span.fail(str(status))
