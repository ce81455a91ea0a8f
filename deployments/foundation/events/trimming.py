"""Cuts a publisher's streams behind its slowest subscriber, and never below an age.

Who has to have read an event is said by the table of subscriptions, not by the groups found on a
stream: a subscriber that has not come up yet holds the events for itself, and one that was removed
holds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.foundation.events.loop import Loop
from deployments.foundation.events.publishing import streams_of
from deployments.foundation.values.settings import settings

EVERY_SECONDS = 60.0
Id = tuple[int, int]
"""A stream entry's id: milliseconds and number."""


@dataclass(frozen=True)
class Position:
    """How far a subscriber's group has come: what it was given last, and what of that it owes."""

    delivered: Id
    first_pending: Id | None

    @property
    def needed(self) -> Id:
        """The oldest entry that the subscriber may still need."""
        return self.delivered if self.first_pending is None else self.first_pending


def cut(positions: Sequence[Position | None], oldest_kept_ms: int) -> Id | None:
    """The first entry to keep; none if nothing may go, as some subscriber has no group yet."""
    if any(position is None for position in positions):
        return None
    needed = [position.needed for position in positions if position is not None]
    return min([(oldest_kept_ms, 0), *needed])


class Trimmer:
    """One publisher's streams; `redis` is the publisher's own. Any number may trim at once."""

    def __init__(
        self, publisher: str, redis: Redis, subscribers: Sequence[str], *, keep: timedelta
    ) -> None:
        self._streams, self._redis = streams_of(publisher), redis
        self._subscribers, self._keep = list(subscribers), keep

    async def trim(self) -> int:
        """Cut what nobody needs any more; how many events went. Redis cuts whole blocks of a
        stream, about a hundred events, so some stay that could go."""
        now_ms, positions = await self._positions()
        oldest_kept = now_ms - int(self._keep.total_seconds() * 1000)
        cuts = [cut(each, oldest_kept) for each in positions]
        async with self._redis.pipeline(transaction=False) as pipe:
            for stream, first in zip(self._streams, cuts, strict=True):
                if first is not None:
                    pipe.xtrim(stream, minid=f"{first[0]}-{first[1]}", approximate=True)
            return sum(cast(Sequence[int], await pipe.execute()))

    async def _positions(self) -> tuple[int, list[list[Position | None]]]:
        """The time, and every subscriber's position in every stream."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            for stream in self._streams:
                pipe.xinfo_groups(stream)
                for subscriber in self._subscribers:
                    pipe.xpending(stream, subscriber)
            (seconds, micros), *found = cast(Any, await pipe.execute(raise_on_error=False))
        step = 1 + len(self._subscribers)
        rows = [found[n : n + step] for n in range(0, len(found), step)]
        return seconds * 1000 + micros // 1000, [self._of_stream(row) for row in rows]

    def _of_stream(self, row: Sequence[Any]) -> list[Position | None]:
        infos, *pendings = row
        groups = {} if isinstance(infos, ResponseError) else {each["name"]: each for each in infos}
        return [
            None if isinstance(pending, ResponseError) else _position(groups.get(name), pending)
            for name, pending in zip(self._subscribers, pendings, strict=True)
        ]


def _position(group: dict[str, Any] | None, pending: dict[str, Any]) -> Position | None:
    if group is None:
        return None
    first = pending["min"]
    return Position(_id(group["last-delivered-id"]), None if first is None else _id(first))


def _id(text: str) -> Id:
    milliseconds, _, number = text.partition("-")
    return int(milliseconds), int(number or 0)


def trimming(
    publisher: str, redis: Redis, subscribers: Sequence[str], *, every: float = EVERY_SECONDS
) -> Loop:
    """A publisher's loop that keeps its streams short."""
    trimmer = Trimmer(publisher, redis, subscribers, keep=settings().events_kept)

    async def tick() -> bool:
        await trimmer.trim()
        return False

    return Loop(f"{publisher}'s trimming", tick, every=every)
