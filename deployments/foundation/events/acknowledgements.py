"""Acknowledgements that travel together, with the next read if there is one soon."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from deployments.foundation.events.cancellation import heed_cancellation
from deployments.foundation.redis.promises import Promises


class Acknowledgements:
    """Takes events off a subscriber's pending lists on a publisher's server.

    An event that had its effect may be acknowledged a moment later: whoever takes over before that
    handles it again, which has no effect. What must not be handled again is acknowledged `now`.

    `own` is the subscriber's server, which may be another: what took effect there must be kept
    before the publisher's forgets that it was owed.
    """

    def __init__(self, service: str, own: Redis, theirs: Redis) -> None:
        self._service, self._theirs = service, theirs
        self._effects = Promises(own, service, step=True)
        self._waiting: dict[str, list[str]] = {}
        self._some = asyncio.Event()

    def add(self, stream: str, entries: Sequence[str]) -> None:
        """Acknowledge them with what is sent next."""
        self._waiting.setdefault(stream, []).extend(entries)
        self._some.set()

    async def now(self, stream: str, entries: Sequence[str]) -> None:
        """Returns when the server has acknowledged them."""
        await self._effects.kept()
        await self._theirs.xack(stream, self._service, *entries)

    async def join(self, pipe: Pipeline, streams: Collection[str] | None = None) -> int:
        """Put all that waits into a pipeline, or what waits of these streams, and say how many
        commands that is.

        If it or the pipeline fails the session begins anew, and the events come again.
        """
        named = self._waiting.keys() if streams is None else self._waiting.keys() & streams
        waiting = {stream: self._waiting.pop(stream) for stream in list(named)}
        if not self._waiting:
            self._some.clear()
        if waiting:
            await self._effects.kept()
        for stream, entries in waiting.items():
            pipe.xack(stream, self._service, *entries)
        return len(waiting)

    async def flush(self) -> None:
        """Send all that waits."""
        async with self._theirs.pipeline(transaction=False) as pipe:
            if await self.join(pipe):
                await pipe.execute()

    async def keep_flushing(self, seconds: float) -> None:
        """Until cancelled, send what has waited so long because nothing was read meanwhile."""
        while True:
            await self._some.wait()
            await asyncio.sleep(seconds)
            await self.flush()
            heed_cancellation()

    def forget(self) -> None:
        """Drop what waits, and begin anew: the events come again."""
        self._effects.begin()
        self._waiting.clear()
        self._some.clear()
