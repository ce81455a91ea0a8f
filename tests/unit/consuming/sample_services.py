"""Two small services: one publishes items, the other writes their numbers down in their order.

Each has a Redis user of its own with the rules that real services have.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast

from redis.asyncio import Redis

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.keys import leases_key, readers_key
from deployments.foundation.events.publishing import (
    Envelope,
    Event,
    occasion,
    stream_of,
    streams_of,
)
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.events.subscriptions import RetryPolicy, Subscription, inbox_key
from deployments.foundation.redis.connection import script

_HERE = Path(__file__).parent
SUBSCRIPTIONS = {"subscriber": ("publisher",)}
"""Who reads whom."""


class ItemPublished(Event):
    """An item, and which one of its call it was."""

    type: ClassVar[str] = "org.fieldhouse.publisher.item_published.v1"
    subject: ClassVar[str] = "item"
    item: str
    n: int


async def no_pause(_seconds: float) -> None:
    """Lets others go on, and that is all."""
    await asyncio.sleep(0)


FAST_OPTIONS = ConsumerOptions(
    renew_seconds=0.05, block_seconds=0.05, recovery_seconds=0.01, sleep=no_pause
)
"""Waits for nothing. Leases outlast a test: only `kill_and_lapse` ends those of the dead."""


def subjects(count: int, *, stream: int | None = None) -> list[str]:
    """Names of subjects, all on one of the publisher's streams if that is asked for."""
    names = (f"item-{n}" for n in range(100_000))
    wanted = None if stream is None else f"{{publisher}}:events:{stream}"
    fitting = (name for name in names if wanted in (None, stream_of("publisher", name)))
    return [next(fitting) for _ in range(count)]


class SamplePublisher:
    """The publisher."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._publish = script(redis, _HERE / "publish_items.lua", "publish")

    async def publish(self, *items: str) -> None:
        """Publish one event of each."""
        keys = ["{publisher}:counters", *streams_of("publisher")]
        await self._publish(keys=keys, args=[*items, occasion("publisher", datetime.now(UTC))])


class SampleSubscriber:
    """The subscriber, which fails where `fault` raises. `tries` counts events by id."""

    def __init__(
        self,
        own: Redis,
        at_publisher: Callable[[], Redis],
        *,
        retry: RetryPolicy | None = None,
        options: ConsumerOptions = FAST_OPTIONS,
    ) -> None:
        self.redis = own
        self.at_publisher, self._options = at_publisher, options
        self._handle = script(own, _HERE / "handle_item.lua", "inbox")
        self.tries: Counter[str] = Counter()
        self.fault: Callable[[Envelope], Awaitable[None]] | None = None
        self.subscription = Subscription(
            "publisher", {ItemPublished: self.handle}, retry=retry or RetryPolicy(attempts=3)
        )

    async def handle(self, envelope: Envelope) -> None:
        """The handler."""
        self.tries[envelope.id] += 1
        if self.fault is not None:
            await self.fault(envelope)
        keys = [
            inbox_key("subscriber", envelope.id),
            log_of(envelope.subject),
            "{subscriber}:figures",
        ]
        await self._handle(keys=keys, args=[envelope.sequence])

    def consumer(self, options: ConsumerOptions | None = None) -> Consumer:
        """One process that consumes."""
        connect = lambda _publisher: self.at_publisher()  # noqa: E731
        return Consumer(
            "subscriber", self.redis, connect, [self.subscription], options=options or self._options
        )

    async def handled(self, subject: str) -> list[int]:
        """The numbers of a subject's events, in the order of their effects."""
        return list(map(int, await cast(Any, self.redis.lrange(log_of(subject), 0, -1))))

    async def figure(self, name: str) -> int:
        """How many `calls` or `effects` there were."""
        return int(await cast(Any, self.redis.hget("{subscriber}:figures", name)) or 0)

    async def has(self, effects: int) -> bool:
        """Whether there were at least so many effects."""
        return await self.figure("effects") >= effects

    async def pending(self) -> int:
        """How many events are delivered and not acknowledged."""
        at_publisher = self.at_publisher()
        summaries = [
            await at_publisher.xpending(stream, "subscriber") for stream in streams_of("publisher")
        ]
        return sum(summary["pending"] for summary in cast(Sequence[Any], summaries))


def log_of(subject: str) -> str:
    """Where the subscriber keeps a subject's numbers."""
    return f"{{subscriber}}:log:{subject}"


class RunningConsumer:
    """A consumer that runs in the background and can be killed."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.task = asyncio.create_task(consumer.run())

    @property
    def partitions(self) -> frozenset[int]:
        """What it reads."""
        return self.consumer.reader("publisher").partitions

    async def kill(self) -> None:
        """End it as a crash would: nothing is finished, nothing released."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def kill_and_lapse(self, redis: Redis) -> None:
        """End it as a crash would, and let the time pass that its leases last."""
        await self.kill()
        leases = await cast(Any, redis.hgetall(leases_key("subscriber", "publisher")))
        for partition, text in leases.items():
            lease = json.loads(text)
            if lease.get("owner") == self.consumer.reader("publisher").id:
                lapsed = json.dumps({**lease, "until": 0})
                await cast(
                    Any, redis.hset(leases_key("subscriber", "publisher"), partition, lapsed)
                )
        await redis.zrem(
            readers_key("subscriber", "publisher"), self.consumer.reader("publisher").id
        )

    async def stop(self) -> None:
        """End it as Serve would."""
        await self.consumer.stop()
        await self.kill()
