"""A client of Redis that counts its round trips, for an operator to watch."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, Self

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import NoScriptError

from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.values.meter import Meter
from deployments.foundation.values.spans import Span, gathered

_WAITING = frozenset({"XREADGROUP"})
"""Commands that may wait for something to come: how long says nothing of the server."""


_FAILURES = frozenset({"unavailable", "refused"})


class RedisMetrics:
    """Round trips of one service, by command. A pipeline and a transaction are one each.

    An outcome is `ok`, `unavailable`, `refused` for what the server would not do, `cancelled`, or
    `unloaded` for a script that the server is given next.
    """

    def __init__(self, service: str, meter: Meter) -> None:
        self.service = service
        self.calls = meter.counter(
            "fieldhouse_redis_calls_total",
            "Round trips to Redis, by outcome.",
            ("service", "command", "outcome"),
        )
        self.seconds = meter.counter(
            "fieldhouse_redis_call_seconds_total",
            "Time waited for round trips to Redis, without those that wait for events.",
            ("service",),
        )


class _RoundTrip:
    """Counts one; `with _RoundTrip(metrics, command):` makes it."""

    __slots__ = ("_began", "_command", "_metrics", "_span", "answered")

    answered: BaseException | None
    """What went wrong in an answer, where the caller asked for answers and no exception."""

    def __init__(self, metrics: RedisMetrics, command: str) -> None:
        self._metrics, self._command = metrics, command
        self._span = Span(metrics.service, command, "client")
        self.answered = None

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        # What polls and renews leases belongs to nothing, and would be a trace each time.
        if gathered() is not None:
            self._span.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        metrics, outcome, error = self._metrics, "ok", error or self.answered
        if error is not None:
            outcome = _outcome(error)
            if outcome in _FAILURES:
                self._span.fail(type(error).__name__)
        metrics.calls.inc(metrics.service, self._command, outcome)
        if self._command not in _WAITING:
            metrics.seconds.inc(metrics.service, by=time.perf_counter() - self._began)
        if self._span.is_recorded:
            self._span.attributes["db.system.name"] = "redis"
            self._span.__exit__(kind, error, trace)


def _outcome(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, NoScriptError):
        return "unloaded"
    return "unavailable" if is_unavailable(error) or isinstance(error, OSError) else "refused"


class MeasuredRedis(Redis):
    """A client whose round trips are counted, from `measure` on."""

    _metrics: RedisMetrics | None = None

    def measure(self, metrics: RedisMetrics) -> None:
        """Count from now on."""
        self._metrics = metrics

    async def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """One command, counted."""
        if self._metrics is None:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        with _RoundTrip(self._metrics, str(args[0])):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001
        """A pipeline, counted when it is executed."""
        if self._metrics is None:
            return super().pipeline(transaction, shard_hint)
        pipe = _MeasuredPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        )
        pipe.metrics = self._metrics
        return pipe


class _MeasuredPipeline(Pipeline):
    metrics: RedisMetrics

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001
        with _RoundTrip(self.metrics, self._label()) as trip:
            answers = await super().execute(raise_on_error)
            if not raise_on_error:
                failures = (one for one in answers if isinstance(one, Exception))
                trip.answered = next(filter(is_unavailable, failures), None)
            return answers

    def _label(self) -> str:
        """What it is counted as: one that waits for events is no pipeline like others."""
        if self.is_transaction or self.explicit_transaction:
            return "MULTI"
        waiting = (args[0] for args, _ in self.command_stack if args[0] in _WAITING)
        return next(waiting, "PIPELINE")


def measured(redis: Redis, metrics: RedisMetrics) -> Redis:
    """The client, its round trips counted if it can count them."""
    if isinstance(redis, MeasuredRedis):
        redis.measure(metrics)
    return redis
