"""How far a subscriber is behind its publishers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.foundation.events.keys import failing_key, readers_key
from deployments.foundation.events.publishing import streams_of
from deployments.foundation.values.partitions import PARTITIONS

_COUNTED = 1_000
"""Unread entries of a partition that are counted at most where the server does not know."""


@dataclass(frozen=True)
class PartitionLag:
    """What is left to do in one partition. `oldest` is the id of the oldest entry, if there is one.

    `unread` were never delivered, `pending` are delivered and not acknowledged.
    """

    unread: int = 0
    pending: int = 0
    oldest: str | None = None
    failing: int = 0


@dataclass(frozen=True)
class Lag:
    """How far a subscriber is behind a publisher: events without their effect, the oldest's age.

    `failing` of the waiting events are between two attempts; `readers` counts processes.
    """

    publisher: str
    waiting: int
    oldest_seconds: float
    failing: int
    readers: int


def lag_of(publisher: str, partitions: Sequence[PartitionLag], *, readers: int, now_ms: int) -> Lag:
    """The sum over all partitions; `now_ms` is the time by the publisher's clock."""
    ages = [now_ms - _milliseconds(p.oldest) for p in partitions if p.oldest is not None]
    return Lag(
        publisher=publisher,
        waiting=sum(p.unread + p.pending for p in partitions),
        oldest_seconds=max([0, *ages]) / 1000,
        failing=sum(p.failing for p in partitions),
        readers=readers,
    )


def _milliseconds(id_: str) -> int:
    """When an entry was added; its id begins with that."""
    return int(id_.partition("-")[0])


class LagMeter:
    """Measures a subscriber's lag: three round trips a publisher.

    `publishers` are the publishers' Redis, entered as the subscriber, by name.
    """

    def __init__(self, service: str, own: Redis, publishers: Mapping[str, Redis]) -> None:
        self._service, self._own, self._publishers = service, own, publishers

    async def measure(self) -> list[Lag]:
        """The present lag behind each publisher."""
        return [await self._lag(name, redis) for name, redis in self._publishers.items()]

    async def _lag(self, publisher: str, redis: Redis) -> Lag:
        failing, readers = await self._own_records(publisher)
        now_ms, groups = await self._groups(redis, streams_of(publisher))
        oldest = await self._oldest(redis, streams_of(publisher), groups)
        partitions = [
            PartitionLag(group.unread or 0, group.pending, first, fails)
            for group, first, fails in zip(groups, oldest, failing, strict=True)
        ]
        return lag_of(publisher, partitions, readers=readers, now_ms=now_ms)

    async def _own_records(self, publisher: str) -> tuple[list[int], int]:
        async with self._own.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.zrange(readers_key(self._service, publisher), 0, -1, withscores=True)
            for n in range(PARTITIONS):
                pipe.hlen(failing_key(self._service, publisher, n))
            (seconds, _), readers, *failing = cast(Any, await pipe.execute())
        alive = [name for name, until in readers if until > seconds * 1000]
        return failing, len(alive)

    async def _groups(
        self, redis: Redis, streams: Sequence[str]
    ) -> tuple[int, list[_ConsumerGroup]]:
        async with redis.pipeline(transaction=False) as pipe:
            pipe.time()
            for stream in streams:
                pipe.xinfo_groups(stream)
                pipe.xpending(stream, self._service)
                pipe.xlen(stream)
            (seconds, micros), *found = cast(Any, await pipe.execute(raise_on_error=False))
        rows = zip(found[::3], found[1::3], found[2::3], strict=True)
        groups = [_group(self._service, *row) for row in rows]
        counted = await self._counted(redis, streams, groups)
        return seconds * 1000 + micros // 1000, counted

    async def _counted(
        self, redis: Redis, streams: Sequence[str], groups: Sequence[_ConsumerGroup]
    ) -> list[_ConsumerGroup]:
        """The same groups, with what is unread counted where the server does not know it."""
        unknown = [n for n, group in enumerate(groups) if group.unread is None]
        if not unknown:
            return list(groups)
        async with redis.pipeline(transaction=False) as pipe:
            for n in unknown:
                pipe.xrange(streams[n], min=f"({groups[n].delivered}", count=_COUNTED)
            found = dict(zip(unknown, cast(Any, await pipe.execute()), strict=True))
        return [
            replace(group, unread=len(found[n])) if n in found else group
            for n, group in enumerate(groups)
        ]

    async def _oldest(
        self, redis: Redis, streams: Sequence[str], groups: Sequence[_ConsumerGroup]
    ) -> list[str | None]:
        """The oldest event of each stream that is pending or unread."""
        async with redis.pipeline(transaction=False) as pipe:
            for stream, group in zip(streams, groups, strict=True):
                pipe.xrange(stream, min=group.first_pending or f"({group.delivered}", count=1)
            found = cast(Any, await pipe.execute())
        firsts = (entries[0][0] if entries else None for entries in found)
        return [group.first_pending or first for group, first in zip(groups, firsts, strict=True)]


@dataclass(frozen=True)
class _ConsumerGroup:
    unread: int | None
    """None where the server does not know: entries behind the group's place were deleted, or the
    server was a replica when it was read."""
    pending: int
    delivered: str
    first_pending: str | None


def _group(service: str, infos: Any, pending: Any, length: Any) -> _ConsumerGroup:  # noqa: ANN401
    """A group as the server describes it. One that does not exist yet has read nothing."""
    if isinstance(infos, ResponseError):
        return _ConsumerGroup(0, 0, "0", None)
    info = next((info for info in infos if info["name"] == service), None)
    if info is None or isinstance(pending, ResponseError):
        return _ConsumerGroup(int(length), 0, "0", None)
    delivered, first = info["last-delivered-id"], pending["min"]
    return _ConsumerGroup(info["lag"], pending["pending"], delivered, first)
