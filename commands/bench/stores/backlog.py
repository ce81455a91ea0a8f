"""Whether anything is left to do: events that were published, and those that wait for an effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from redis.asyncio import Redis

from commands.bench.stores.processes import CpuSnapshot, StoreProcesses
from commands.bench.stores.redis_counters import RedisCounters, read_counters
from deployments.foundation.events.publishing import streams_of
from deployments.topology import TOPOLOGY

_LOOK_SECONDS = 0.2
_LOOKS = 2
QUIET_SECONDS = 1.5
"""For so long nothing happens before it is taken for the end: loops tick once a second."""
_LONGEST_SECONDS = 600.0


class BacklogNeverEndsError(Exception):
    """Something has been left to do for minutes."""


class Backlog(NamedTuple):
    """Events published so far, and those of them that some subscriber has not settled."""

    events: int
    waiting: int


async def read_backlog(admin: Redis) -> Backlog:
    """The backlog of all subscribers now, in one round trip."""
    streams = (stream for one in TOPOLOGY if one.publishes for stream in streams_of(one.name))
    async with admin.pipeline(transaction=False) as pipe:
        for stream in streams:
            pipe.xinfo_groups(stream)
            pipe.xlen(stream)
        answers = await pipe.execute(raise_on_error=False)
    groups = [group for found in answers[::2] if isinstance(found, list) for group in found]
    waiting = sum((group["lag"] or 0) + group["pending"] for group in groups)
    return Backlog(sum(map(int, answers[1::2])), waiting)


class Reading(NamedTuple):
    """A moment, and what had been used, asked and published until then."""

    at: float
    cpu: CpuSnapshot
    redis: RedisCounters
    events: int


class Watcher:
    """Takes moments of a store; `outside` counts what happens and leaves no trace in Redis."""

    def __init__(
        self, admin: Redis, processes: StoreProcesses, outside: Callable[[], int] = lambda: 0
    ) -> None:
        self._admin, self._processes, self._outside = admin, processes, outside

    async def now(self) -> Reading:
        """This moment."""
        backlog, redis = await read_backlog(self._admin), await read_counters(self._admin)
        return Reading(time.monotonic(), self._processes.cpu(), redis, backlog.events)

    async def settled(self) -> Reading:
        """The moment after which nothing happened any more. Raises `BacklogNeverEndsError`."""
        began = time.monotonic()
        seen, last = await self._state(), await self.now()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            state = await self._state()
            if state != seen or state[1]:
                seen, last = state, await self.now()
            elif time.monotonic() - last.at > QUIET_SECONDS:
                return last
            if time.monotonic() - began > _LONGEST_SECONDS:
                raise BacklogNeverEndsError(f"events go on after {_LONGEST_SECONDS:.0f} s")

    async def caught_up(self) -> None:
        """Wait until no event waits, which says nothing of what comes of them later."""
        began, looks = time.monotonic(), 0
        while looks < _LOOKS:
            looks = 0 if (await read_backlog(self._admin)).waiting else looks + 1
            await asyncio.sleep(_LOOK_SECONDS / 2)
            if time.monotonic() - began > _LONGEST_SECONDS:
                raise BacklogNeverEndsError(f"events wait after {_LONGEST_SECONDS:.0f} s")

    async def _state(self) -> tuple[int, int, int]:
        backlog = await read_backlog(self._admin)
        return backlog.events, backlog.waiting, self._outside()
