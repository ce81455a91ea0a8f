"""A service's consumer as a task of the process that its service runs in.

Any number of processes may consume for a service: they share the partitions by lease, so a replica
more or less only moves partitions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from redis.asyncio import Redis

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.lag import Lag, LagMeter
from deployments.foundation.events.loop import Loop
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.redis.availability import answers
from deployments.foundation.values.meter import Meter

_MEASURE_EVERY_SECONDS = 5.0


class ConsumerEndedError(Exception):
    """The consumer has ended though nobody stopped it: its process must be replaced."""


class ConsumerMetrics:
    """What an operator watches. Every process shows the whole service's lag."""

    def __init__(self, service: str, meter: Meter) -> None:
        labels = ("service", "publisher")
        self._service = service
        self._handled = meter.counter(
            "fieldhouse_events_handled_total", "Events that took effect.", labels
        )
        self._failed = meter.counter(
            "fieldhouse_event_retries_total", "Attempts that failed.", labels
        )
        self._given_up = meter.counter(
            "fieldhouse_events_given_up_total", "Events given up.", labels
        )
        self._waiting = meter.gauge("fieldhouse_events_waiting", "Events not yet handled.", labels)
        self._oldest = meter.gauge(
            "fieldhouse_oldest_event_seconds", "Age of the oldest event not yet handled.", labels
        )
        self._failing = meter.gauge("fieldhouse_events_failing", "Events to be retried.", labels)
        self._readers = meter.gauge(
            "fieldhouse_event_readers", "Processes that read events.", labels
        )
        self._letters = meter.gauge("fieldhouse_dead_letters", "Events given up.", ("service",))

    def handled(self, publisher: str) -> None:
        """An event took effect."""
        self._handled.inc(self._service, publisher)

    def failed(self, publisher: str) -> None:
        """An attempt failed; the event is tried again."""
        self._failed.inc(self._service, publisher)

    def given_up(self, publisher: str) -> None:
        """An event became a dead letter."""
        self._given_up.inc(self._service, publisher)

    def show(self, lags: Sequence[Lag], dead_letters: int) -> None:
        """The present state."""
        for lag in lags:
            labels = (self._service, lag.publisher)
            self._waiting.set(lag.waiting, *labels)
            self._oldest.set(lag.oldest_seconds, *labels)
            self._failing.set(lag.failing, *labels)
            self._readers.set(lag.readers, *labels)
        self._letters.set(dead_letters, self._service)


class Consumption:
    """Brings events to a service's handlers from `start` to `stop`, and measures how far it is.

    `own` is the service's Redis; `enter` gives a publisher's, entered as this service.
    """

    def __init__(
        self,
        service: str,
        own: Redis,
        enter: Callable[[str], Redis],
        subscriptions: Sequence[Subscription],
        *,
        meter: Meter,
        options: ConsumerOptions | None = None,
    ) -> None:
        self._service, self._own = service, own
        self._publishers = {one.publisher: enter(one.publisher) for one in subscriptions}
        self._metrics = ConsumerMetrics(service, meter)
        self._letters = DeadLetters(service, own)
        self._lag = LagMeter(service, own, self._publishers)
        self._consumer = Consumer(
            service,
            own,
            self._publishers.__getitem__,
            subscriptions,
            observer=self._metrics,
            options=options,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self.waiting = 0
        """Events that wait for the service, whichever process reads them."""

    def start(self) -> None:
        """Consume from now on."""
        measuring = Loop(f"{self._service}'s lag", self._measure, every=_MEASURE_EVERY_SECONDS)
        self._tasks = [
            asyncio.create_task(one.run(), name=one.name) for one in (self._consumer, measuring)
        ]

    async def _measure(self) -> bool:
        lags = await self._lag.measure()
        self.waiting = sum(lag.waiting for lag in lags)
        self._metrics.show(lags, await self._letters.count())
        return False

    async def check(self) -> None:
        """Raises when the consumer has ended, or a publisher's Redis does not answer."""
        for task in self._tasks:
            if task.done():
                why = None if task.cancelled() else task.exception()
                raise ConsumerEndedError(f"{task.get_name()} has ended: {why!r}") from why
        for redis in self._publishers.values():
            await answers(redis, self._service)

    async def stop(self) -> None:
        """Finish what is being handled, and leave the partitions to others."""
        if self._tasks:
            await self._consumer.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for redis in self._publishers.values():
            await redis.aclose()
