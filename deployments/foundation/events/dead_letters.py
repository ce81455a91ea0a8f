"""Events that were given up: an operator lists them, has them delivered again, or drops them.

A replayed letter stays where it is until it has taken effect, or has failed as often again and is
replaced by a new one; so nothing is lost on the way. Its event goes to the handler as it did
before, in the queue of its subject, under its own id: what took effect already does not do so
twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from redis.asyncio import Redis

from deployments.foundation.events.journal import EventDelivery
from deployments.foundation.events.keys import dead_letters_key, replaying_key
from deployments.foundation.events.publishing import ENTRY_FIELD

_REPLAYED_AT_ONCE = 500


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: an event, where it came from, and why it was given up.

    `entry` is its id in partition `partition` of the publisher's streams, `event` the CloudEvent
    as it was read there.
    """

    id: str
    publisher: str
    partition: int
    entry: str
    event: str
    error: str
    attempts: int
    failed_at: datetime
    replaying: bool = False


class DeadLetters:
    """A subscriber's dead letters."""

    def __init__(self, service: str, redis: Redis) -> None:
        self.service, self._redis = service, redis
        self._letters, self._replaying = dead_letters_key(service), replaying_key(service)

    async def count(self) -> int:
        """How many there are."""
        return await self._redis.xlen(self._letters)

    async def oldest(self, *, limit: int = 100, after: str = "-") -> list[DeadLetter]:
        """The oldest letters, after the one with the id `after`."""
        start = after if after == "-" else f"({after}"
        entries = await self._redis.xrange(self._letters, min=start, count=limit)
        replaying = await self._to_replay()
        return [
            _letter(id_, fields, replaying=id_ in replaying) for id_, fields in cast(Any, entries)
        ]

    async def find(self, id_: str) -> DeadLetter | None:
        """One letter."""
        entries = cast(Any, await self._redis.xrange(self._letters, min=id_, max=id_))
        replaying = await self._to_replay()
        return next(
            (_letter(name, fields, replaying=name in replaying) for name, fields in entries), None
        )

    async def replay(self, ids: Iterable[str]) -> None:
        """Have letters delivered again, by whoever reads their partition: in some seconds, or as
        soon as the service runs."""
        await cast(Any, self._redis.sadd(self._replaying, *ids))

    async def drop(self, ids: Iterable[str]) -> int:
        """Remove letters for good; how many there were."""
        names = list(ids)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xdel(self._letters, *names)
            pipe.srem(self._replaying, *names)
            dropped, _ = cast(Any, await pipe.execute())
        return int(dropped)

    async def to_replay(self, publisher: str) -> list[EventDelivery]:
        """Letters of a publisher's events that are to be delivered again: the oldest of them."""
        ids = sorted(await self._to_replay(), key=_order)[:_REPLAYED_AT_ONCE]
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.xrange(self._letters, min=id_, max=id_)
            found = cast(Any, await pipe.execute())
        letters = [
            _letter(id_, fields, replaying=True) for entries in found for id_, fields in entries
        ]
        return [
            EventDelivery(letter.partition, letter.entry, letter.event, letter.id)
            for letter in letters
            if letter.publisher == publisher
        ]

    async def _to_replay(self) -> set[str]:
        return cast(set[str], await cast(Any, self._redis.smembers(self._replaying)))


def _order(id_: str) -> tuple[int, ...]:
    return tuple(map(int, id_.split("-")))


def _letter(id_: str, fields: Mapping[str, str], *, replaying: bool) -> DeadLetter:
    return DeadLetter(
        id=id_,
        publisher=fields["publisher"],
        partition=int(fields["partition"]),
        entry=fields["entry"],
        event=fields[ENTRY_FIELD],
        error=fields["error"],
        attempts=int(fields["attempts"]),
        failed_at=datetime.fromtimestamp(int(fields["failed_at"]) / 1000, UTC),
        replaying=replaying,
    )
