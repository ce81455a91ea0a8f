"""What a service gave up, for an operator to list, replay or drop.

A service has a stream of dead letters for each kind of thing that it may give up: every subscriber
one for events, and webhooks another for deliveries. Scripts write and take letters with
`dead_letters.lua`. A letter expires after 30 days, because it may hold a buyer's address.

Replaying marks a letter, and the service takes it up within seconds. The letter of an event stays
until the event has taken effect, or has failed as often again and has a new letter: nothing is lost
in between. The event goes through the queue of its subject, under its own id, so that what took
effect already does not do so twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from deployments.foundation.events.keys import EVENTS, dead_letters_key, replaying_key
from deployments.foundation.redis.connection import script

_LUA = Path(__file__).parent / "lua"
_REPLAYED_AT_ONCE = 500


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: why, after how many attempts and when something was given up.

    `fields` are what was given up, as whoever did so wrote it down.
    """

    id: str
    error: str
    attempts: int
    failed_at: datetime
    fields: Mapping[str, str]
    replaying: bool = False


class DeadLetters:
    """A service's dead letters of one kind. Every method is one round trip."""

    def __init__(self, service: str, redis: Redis, kind: str = EVENTS) -> None:
        self.service, self.kind, self._redis = service, kind, redis
        self._letters = dead_letters_key(service, kind)
        self._replaying = replaying_key(service, kind)
        self._drop = script(redis, _LUA / "drop_letters.lua", "clock", "dead_letters")
        self._to_replay = script(redis, _LUA / "letters_to_replay.lua", "clock", "dead_letters")

    async def count(self) -> int:
        """How many there are."""
        return await self._redis.xlen(self._letters)

    async def oldest(self, *, limit: int = 100, after: str = "-") -> list[DeadLetter]:
        """The oldest letters, after the one with the id `after`."""
        return await self._between("-" if after == "-" else f"({after}", "+", limit)

    async def find(self, id_: str) -> DeadLetter | None:
        """One letter."""
        return next(iter(await self._between(id_, id_, 1)), None)

    async def _between(self, first: str, last: str, limit: int) -> list[DeadLetter]:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xrange(self._letters, min=first, max=last, count=limit)
            pipe.smembers(self._replaying)
            entries, replaying = cast(Any, await pipe.execute())
        return [_letter(id_, fields, replaying=id_ in replaying) for id_, fields in entries]

    async def replay(self, ids: Iterable[str]) -> None:
        """Have letters replayed, all of them at one moment: within seconds, or as soon as the
        service runs."""
        await cast(Any, self._redis.sadd(self._replaying, *ids))

    async def drop(self, ids: Iterable[str]) -> int:
        """Remove letters for good; how many there were."""
        return int(cast(Any, await self._drop(keys=[self._letters], args=list(ids))))

    async def to_replay(self) -> list[DeadLetter]:
        """The oldest of the letters that are to be replayed. Whoever takes them up asks this every
        few seconds, so letters that have expired are removed here."""
        found = await self._to_replay(keys=[self._letters], args=[_REPLAYED_AT_ONCE])
        return [
            _letter(id_, dict(zip(words[::2], words[1::2], strict=True)), replaying=True)
            for id_, words in cast(list[tuple[str, list[str]]], found)
        ]


def _letter(id_: str, fields: Mapping[str, str], *, replaying: bool) -> DeadLetter:
    return DeadLetter(
        id=id_,
        error=fields["error"],
        attempts=int(fields["attempts"]),
        failed_at=datetime.fromtimestamp(int(fields["failed_at"]) / 1000, UTC),
        fields=fields,
        replaying=replaying,
    )
