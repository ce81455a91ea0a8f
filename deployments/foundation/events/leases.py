"""Which of a publisher's partitions this process may read, and until when.

Every process asks for its fair share, the partitions divided by the live processes, and hands over
what it holds beyond that. A lease lasts a while and is renewed well before it ends; a process
that was stopped or cut off finds by its own clock that its lease has ended, and whatever it writes
here under its old token is refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.events.keys import leases_key, readers_key
from deployments.foundation.redis.connection import script
from deployments.foundation.values.ids import new_id
from deployments.foundation.values.partitions import PARTITIONS

_LUA = Path(__file__).parent / "lua"


class LeaseLostError(Exception):
    """Another process may read the partition by now: nothing more may be done about it here."""


class Lease:
    """The right to read one partition, until it lapses. Once found to have lapsed it stays lost."""

    def __init__(
        self, partition: int, token: int, until: float, clock: Callable[[], float]
    ) -> None:
        self.partition, self.token = partition, token
        self._until, self._clock = until, clock

    @property
    def valid(self) -> bool:
        """Whether it may still be used."""
        if self._clock() >= self._until:
            self.lose()
        return self._until > 0

    def check(self) -> None:
        """Raises `LeaseLostError` unless it is valid."""
        if not self.valid:
            raise LeaseLostError(f"partition {self.partition}, token {self.token}")

    def extend(self, until: float) -> None:
        """Prolong a lease that is still valid."""
        if self.valid:
            self._until = until

    def lose(self) -> None:
        """Give it up for good."""
        self._until = 0.0


class Leases:
    """This process's leases of one publisher's partitions. `clock` gives monotonic seconds."""

    def __init__(
        self,
        redis: Redis,
        service: str,
        publisher: str,
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self.held: dict[int, Lease] = {}
        self.reader, self._clock = new_id("reader"), clock
        self._keys = [leases_key(service, publisher), readers_key(service, publisher)]
        self._hold = script(redis, _LUA / "hold_leases.lua", "clock", "leases")
        self._release = script(redis, _LUA / "release_leases.lua")

    async def renew(self) -> int:
        """Renew what is held and take what is free; answers this process's fair share."""
        # Counted from before the question, a lease ends here no later than it does there.
        until = self._clock() + self.seconds
        believed = {n: lease.token for n, lease in self.held.items() if lease.valid}
        lasts = int(self.seconds * 1000)
        answer = await self._hold(
            keys=self._keys, args=[self.reader, lasts, PARTITIONS, json.dumps(believed)]
        )
        share, granted = json.loads(cast(str, answer))
        self._take({int(n): int(token) for n, token in granted}, until)
        return int(share)

    def _take(self, granted: dict[int, int], until: float) -> None:
        for n, lease in list(self.held.items()):
            if granted.get(n) != lease.token or not lease.valid:
                lease.lose()
                del self.held[n]
                continue
            lease.extend(until)
            del granted[n]
        for n, token in granted.items():
            self.held[n] = Lease(n, token, until, self._clock)

    async def release(self, partitions: Iterable[int], *, leave: bool = False) -> None:
        """Give partitions to whoever asks next; `leave` says that this process reads no more."""
        ended = {n: self.held.pop(n) for n in list(partitions) if n in self.held}
        for lease in ended.values():
            lease.lose()
        tokens = json.dumps({n: lease.token for n, lease in ended.items()})
        await self._release(keys=self._keys, args=[self.reader, "1" if leave else "0", tokens])

    def forget(self) -> None:
        """Regard nothing as held: what is still ours is granted anew, under other tokens."""
        for lease in self.held.values():
            lease.lose()
        self.held.clear()
