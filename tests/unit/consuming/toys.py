"""Two toy services: a mill that publishes what it ground, and a shelf that keeps it in its order.

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

from deployments.foundation.events.cancellation import heed_cancellation
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
TOYS = {"shelf": ("mill",)}
"""Who reads whom."""


class Ground(Event):
    """A sack was ground."""

    type: ClassVar[str] = "org.fieldhouse.mill.ground.v1"
    subject: ClassVar[str] = "sack"
    sack: str
    n: int


async def no_pause(_seconds: float) -> None:
    """Lets others go on, and that is all."""
    await asyncio.sleep(0)


IMPATIENT = ConsumerOptions(
    renew_seconds=0.05, block_seconds=0.05, recovery_seconds=0.01, sleep=no_pause
)
"""Waits for nothing; leases outlast the test, so that only `lapse` ends those of the dead."""


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(seconds):
        while not await true():
            heed_cancellation()
            await asyncio.sleep(0.005)


def subjects(count: int, *, stream: int | None = None) -> list[str]:
    """Names of subjects, all on one of the mill's streams if that is asked for."""
    names = (f"sack-{n}" for n in range(100_000))
    wanted = None if stream is None else f"{{mill}}:events:{stream}"
    fitting = (name for name in names if wanted in (None, stream_of("mill", name)))
    return [next(fitting) for _ in range(count)]


class Mill:
    """The publisher."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._grind = script(redis, _HERE / "mill.lua", "publish")

    async def grind(self, *sacks: str) -> None:
        """Publish one event of each."""
        keys = ["{mill}:counters", *streams_of("mill")]
        await self._grind(keys=keys, args=[*sacks, occasion("mill", datetime.now(UTC))])


class Shelf:
    """The subscriber, which fails where `trouble` raises. `tries` counts events by id."""

    def __init__(
        self,
        own: Redis,
        at_mill: Callable[[], Redis],
        *,
        retry: RetryPolicy | None = None,
        options: ConsumerOptions = IMPATIENT,
    ) -> None:
        self.redis = own
        self.at_mill, self._options = at_mill, options
        self._shelve = script(own, _HERE / "shelve.lua", "inbox")
        self.tries: Counter[str] = Counter()
        self.trouble: Callable[[Envelope], Awaitable[None]] | None = None
        self.subscription = Subscription(
            "mill", {Ground: self.shelve}, retry=retry or RetryPolicy(attempts=3)
        )

    async def shelve(self, envelope: Envelope) -> None:
        """The handler."""
        self.tries[envelope.id] += 1
        if self.trouble is not None:
            await self.trouble(envelope)
        keys = [inbox_key("shelf", envelope.id), log_of(envelope.subject), "{shelf}:figures"]
        await self._shelve(keys=keys, args=[envelope.sequence])

    def consumer(self, options: ConsumerOptions | None = None) -> Consumer:
        """One process that consumes."""
        connect = lambda _publisher: self.at_mill()  # noqa: E731
        return Consumer(
            "shelf", self.redis, connect, [self.subscription], options=options or self._options
        )

    async def kept(self, subject: str) -> list[int]:
        """The numbers of a subject's events, in the order of their effects."""
        return list(map(int, await cast(Any, self.redis.lrange(log_of(subject), 0, -1))))

    async def figure(self, name: str) -> int:
        """How many `calls` or `effects` there were."""
        return int(await cast(Any, self.redis.hget("{shelf}:figures", name)) or 0)

    async def has(self, effects: int) -> bool:
        """Whether there were at least so many effects."""
        return await self.figure("effects") >= effects

    async def pending(self) -> int:
        """How many events are delivered and not acknowledged."""
        at_mill = self.at_mill()
        summaries = [await at_mill.xpending(stream, "shelf") for stream in streams_of("mill")]
        return sum(summary["pending"] for summary in cast(Sequence[Any], summaries))


def log_of(subject: str) -> str:
    """Where the shelf keeps a subject's numbers."""
    return f"{{shelf}}:log:{subject}"


class Running:
    """A consumer that runs in the background and can be killed."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.task = asyncio.create_task(consumer.run())

    @property
    def partitions(self) -> frozenset[int]:
        """What it reads."""
        return self.consumer.reader("mill").partitions

    async def kill(self) -> None:
        """End it as a crash would: nothing is finished, nothing released."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def kill_and_lapse(self, redis: Redis) -> None:
        """End it as a crash would, and let the time pass that its leases last."""
        await self.kill()
        leases = await cast(Any, redis.hgetall(leases_key("shelf", "mill")))
        for partition, text in leases.items():
            lease = json.loads(text)
            if lease.get("owner") == self.consumer.reader("mill").id:
                lapsed = json.dumps({**lease, "until": 0})
                await cast(Any, redis.hset(leases_key("shelf", "mill"), partition, lapsed))
        await redis.zrem(readers_key("shelf", "mill"), self.consumer.reader("mill").id)

    async def stop(self) -> None:
        """End it as Serve would."""
        await self.consumer.stop()
        await self.kill()
