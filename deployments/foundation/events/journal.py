"""What became of one publisher's events: acknowledged, failed so often, or given up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from deployments.foundation.events.acknowledgements import Acknowledgements
from deployments.foundation.events.error_text import error_text
from deployments.foundation.events.keys import dead_letters_key, failing_key, leases_key
from deployments.foundation.events.leases import Lease, LeaseLostError
from deployments.foundation.events.publishing import ENTRY_FIELD, streams_of
from deployments.foundation.redis.connection import script

_LUA = Path(__file__).parent / "lua"
_LETTER = "letter "


@dataclass(frozen=True)
class EventDelivery:
    """One event on its way to its handler, from the stream or again from the dead letters.

    `entry` is its id in the publisher's stream, `letter` the dead letter that is replayed.
    """

    partition: int
    entry: str
    text: str
    letter: str | None = None

    @property
    def name(self) -> str:
        """What its failures are counted under."""
        return self.entry if self.letter is None else _LETTER + self.letter


@dataclass(frozen=True)
class Failure:
    """How often a delivery has failed, the seconds until it is tried again, or that it is dead."""

    attempts: int = 0
    seconds: float = 0.0
    dead: bool = False


class Journal:
    """A subscriber's records about one publisher's events, and its acknowledgements."""

    def __init__(self, service: str, publisher: str, own: Redis, theirs: Redis) -> None:
        self._service, self._publisher = service, publisher
        self._own, self._theirs = own, theirs
        self.acknowledgements = Acknowledgements(service, own, theirs)
        self._leases = leases_key(service, publisher)
        self._letters = dead_letters_key(service)
        self._streams = streams_of(publisher)
        self._drop = script(own, _LUA / "drop_letters.lua", "clock", "dead_letters")
        self._record = script(own, _LUA / "record_failure.lua", "clock", "dead_letters")

    async def failing(self, partition: int) -> dict[str, Failure]:
        """The failures of a partition just leased, by the names of their deliveries.

        A predecessor may have died between settling a delivery and forgetting that it had failed:
        such failures are forgotten here.
        """
        failures = await self._failures(partition)
        settled = await self._settled(partition, failures)
        if settled:
            await self.forget(partition, settled)
        return {name: failure for name, failure in failures.items() if name not in settled}

    async def _failures(self, partition: int) -> dict[str, Failure]:
        async with self._own.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hgetall(self._failing(partition))
            (seconds, micros), failing = cast(Any, await pipe.execute())
        now = seconds * 1000 + micros // 1000
        return {name: _failure(json.loads(text), now) for name, text in failing.items()}

    async def _settled(self, partition: int, names: Iterable[str]) -> list[str]:
        """The deliveries whose event is not pending any more, or whose letter is gone."""
        letters = [name for name in names if name.startswith(_LETTER)]
        entries = [name for name in names if not name.startswith(_LETTER)]
        async with self._own.pipeline(transaction=False) as pipe:
            for letter in letters:
                id_ = letter.removeprefix(_LETTER)
                pipe.xrange(self._letters, min=id_, max=id_)
            kept = await pipe.execute()
        async with self._theirs.pipeline(transaction=False) as pipe:
            for entry in entries:
                pipe.xpending_range(self._streams[partition], self._service, entry, entry, 1)
            pending = await pipe.execute()
        found = zip([*letters, *entries], [*kept, *pending], strict=True)
        return [name for name, there in found if not there]

    async def failed(
        self,
        lease: Lease,
        delivery: EventDelivery,
        attempts: int,
        pause: float | None,
        why: Exception,
    ) -> Failure:
        """Note the failure; without a pause the event becomes a dead letter.

        Raises `LeaseLostError` if somebody else reads the partition by now.
        """
        keys = [self._leases, self._failing(delivery.partition), self._letters]
        milliseconds = "" if pause is None else int(pause * 1000)
        letter = json.dumps(self._letter(delivery, why))
        outcome = await self._record(
            keys=keys,
            args=[lease.partition, lease.token, delivery.name, attempts, milliseconds, letter],
        )
        if outcome == "fenced":
            lease.lose()
            raise LeaseLostError(f"partition {lease.partition}, token {lease.token}")
        return Failure(attempts, pause or 0.0, dead=outcome == "dead")

    def _letter(self, delivery: EventDelivery, why: Exception) -> dict[str, Any]:
        fields = {
            "publisher": self._publisher,
            "partition": delivery.partition,
            "entry": delivery.entry,
            ENTRY_FIELD: delivery.text,
            "error": error_text(why),
        }
        return {"fields": fields} | ({"replaces": delivery.letter} if delivery.letter else {})

    async def replayed(self, delivery: EventDelivery) -> None:
        """Remove a dead letter that took effect, and its failures with it."""
        async with self._own.pipeline(transaction=True) as pipe:
            await self._drop(keys=[self._letters], args=[delivery.letter or ""], client=pipe)
            pipe.hdel(self._failing(delivery.partition), delivery.name)
            await pipe.execute()

    async def forget(self, partition: int, names: Sequence[str]) -> None:
        """Drop the failures of deliveries that are settled."""
        await cast(Any, self._own.hdel(self._failing(partition), *names))

    def _failing(self, partition: int) -> str:
        return failing_key(self._service, self._publisher, partition)


def _failure(record: dict[str, Any], now: int) -> Failure:
    seconds = max(0.0, (record["due"] - now) / 1000)
    return Failure(record["attempts"], seconds, dead=record.get("dead", False))
