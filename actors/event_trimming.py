"""Trims every publisher's streams: the housekeeping of the datastore's application.

One process does it for all, on each publisher's own Redis and as its user, because a process a
publisher would cost more than the work does. Two at once are harmless.
"""

from __future__ import annotations

import asyncio

import ray

from deployments.foundation.events.loop import Loop, LoopActor, Tick
from deployments.foundation.events.trimming import Trimmer
from deployments.foundation.redis.connection import client
from deployments.foundation.redis.users import SERVICES, subscribers_of
from deployments.foundation.values.settings import events_kept


def trimming() -> Tick:
    """A tick that trims every service's streams once; those it can reach, if some it cannot."""

    async def trim(service: str) -> None:
        # A client of its own each time: at the first start its password is not there yet.
        async with client(service, retries=1) as redis:
            await Trimmer(service, redis, subscribers_of(service), keep=events_kept()).trim()

    async def tick() -> bool:
        trimmed = await asyncio.gather(*map(trim, SERVICES), return_exceptions=True)
        failures = [failure for failure in trimmed if isinstance(failure, Exception)]
        if failures:
            raise ExceptionGroup("some streams were not trimmed", failures)
        return False

    return tick


@ray.remote
class EventTrimming(LoopActor):
    """The loop of the datastore's application that keeps event streams short."""

    def __init__(self, every: float = 60.0) -> None:
        super().__init__(Loop("event_trimming", trimming(), every=every))
