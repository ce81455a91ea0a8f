"""Runs a service's consumers: the thin part that knows Ray.

A consumer is a deployment of its service's application, not an actor beside it: Serve asks a
replica whether it is healthy, lets it finish when it has to go, and scales it by its lag. A service
that serves requests has a second, non-ingress deployment for it; one that does nothing but consume
is this deployment alone.

    @serve.deployment
    class ShippingConsumer(Consuming):
        async def __init__(self) -> None:
            redis = await connect_redis(SERVICE)
            service = ShippingService(ShippingStore(redis), ...)
            await self.consume(SERVICE, redis, ShippingConsumers(service).subscriptions())

    app = Shipping.bind(ShippingConsumer.bind())

The ingress takes the handle as an argument that it does not use. In serve_config.yaml:

    - name: ShippingConsumer
      autoscaling_config:
        min_replicas: 1
        max_replicas: 4
        policy: {policy_function: "deployments.foundation.events.lag_scaling:LagPolicy",
                 policy_kwargs: {events_per_replica: 200}}
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ray.serve.metrics import Counter, Gauge
from redis.asyncio import Redis

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.lag import Lag, LagMeter
from deployments.foundation.events.lag_scaling import WAITING
from deployments.foundation.events.loop import Loop
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.redis.users import SUBSCRIPTIONS
from deployments.foundation.rpc.serving import Serving

_MEASURE_EVERY_SECONDS = 2.0


class ConsumerEndedError(Exception):
    """The consumer has ended though nobody stopped it: the replica must be replaced."""


class ConsumerMetrics:
    """What an operator watches. Every replica shows the whole service's lag."""

    def __init__(self) -> None:
        tags = ("publisher",)
        self._handled = Counter("fieldhouse_events_handled", "Events that took effect.", tags)
        self._failed = Counter("fieldhouse_event_retries", "Attempts that failed.", tags)
        self._given_up = Counter("fieldhouse_events_given_up", "Events made dead letters.", tags)
        self._waiting = Gauge("fieldhouse_events_waiting", "Events without their effect.", tags)
        self._oldest = Gauge(
            "fieldhouse_oldest_event_seconds", "Age of the oldest event without its effect.", tags
        )
        self._failing = Gauge(
            "fieldhouse_events_failing", "Events that wait for another attempt.", tags
        )
        self._letters = Gauge("fieldhouse_dead_letters", "Events that were given up.")

    def handled(self, publisher: str) -> None:
        """An event took effect."""
        self._handled.inc(1, {"publisher": publisher})

    def failed(self, publisher: str) -> None:
        """An attempt failed; the event is tried again."""
        self._failed.inc(1, {"publisher": publisher})

    def given_up(self, publisher: str) -> None:
        """An event became a dead letter."""
        self._given_up.inc(1, {"publisher": publisher})

    def show(self, lags: Sequence[Lag], dead_letters: int) -> None:
        """The present state."""
        for lag in lags:
            tags = {"publisher": lag.publisher}
            self._waiting.set(lag.waiting, tags)
            self._oldest.set(lag.oldest_seconds, tags)
            self._failing.set(lag.failing, tags)
        self._letters.set(dead_letters)


class Consuming(Serving):
    """The base of a deployment class that consumes; its `__init__` awaits `consume`.

    It may also `expose` a protocol, if it answers calls beside that.
    """

    _consumer: Consumer | None = None
    _tasks: Sequence[asyncio.Task[None]] = ()
    _publishers: Mapping[str, Redis] = MappingProxyType({})
    _waiting = 0

    async def consume(
        self,
        service: str,
        redis: Redis,
        subscriptions: Sequence[Subscription],
        options: ConsumerOptions | None = None,
    ) -> None:
        """Bring the events to their handlers from now on. `redis` is the service's own."""
        publishers = {each.publisher: await _enter(service, each) for each in subscriptions}
        self._redis, self._publishers = redis, publishers
        self._metrics = metrics = ConsumerMetrics()
        self._letters = DeadLetters(service, redis)
        self._meter = LagMeter(service, redis, publishers)
        self._consumer = Consumer(
            service, redis, publishers.__getitem__, subscriptions, observer=metrics, options=options
        )
        measuring = Loop(f"{service}'s lag", self._measure, every=_MEASURE_EVERY_SECONDS)
        self._tasks = [
            asyncio.create_task(loop.run(), name=loop.name) for loop in (self._consumer, measuring)
        ]

    async def _measure(self) -> bool:
        lags = await self._meter.measure()
        self._waiting = sum(lag.waiting for lag in lags)
        self._metrics.show(lags, await self._letters.count())
        return False

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve scales this deployment by, see `LagPolicy`."""
        return {WAITING: float(self._waiting)}

    async def check_health(self) -> None:
        """Raises when the consumer has ended, or a Redis does not answer."""
        for task in self._tasks:
            if task.done():
                why = None if task.cancelled() else task.exception()
                raise ConsumerEndedError(task.get_name()) from why
        for redis in self._publishers.values():
            await redis.ping()
        await super().check_health()

    async def __del__(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for redis in self._publishers.values():
            await redis.aclose()
        await super().__del__()


async def _enter(service: str, subscription: Subscription) -> Redis:
    """The publisher's Redis, as this service's user."""
    publisher = subscription.publisher
    if publisher not in SUBSCRIPTIONS.get(service, ()):
        raise ValueError(f"{service} reads {publisher}: say so in SUBSCRIPTIONS of redis_users.py")
    return await connect_redis(service, at=publisher)
