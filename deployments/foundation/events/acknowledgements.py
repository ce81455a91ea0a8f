"""Acknowledgements that are sent together: one round trip for all that wait for the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from deployments.foundation.redis.promises import Promises


@dataclass
class _Batch:
    entries: dict[str, list[str]] = field(default_factory=dict)
    sent: bool = False
    failure: Exception | None = None


class Acknowledgements:
    """Takes events off a subscriber's pending lists on a publisher's server.

    `own` is the subscriber's server, which may be another: what took effect there must be kept
    before the publisher's forgets that it was owed.
    """

    def __init__(self, service: str, own: Redis, theirs: Redis) -> None:
        self._service, self._theirs = service, theirs
        self._effects = Promises(own, service, step=True)
        self._turn = asyncio.Lock()
        self._open = _Batch()

    async def add(self, stream: str, entries: Sequence[str]) -> None:
        """Returns when the server has acknowledged; raises what went wrong.

        Of those who wait while a batch is on its way, the first sends the next batch for all. If it
        is cancelled meanwhile, another sends it again, which does no harm.
        """
        batch = self._open
        batch.entries.setdefault(stream, []).extend(entries)
        async with self._turn:
            if batch is self._open:
                self._open = _Batch()
            if batch.failure is not None:
                raise batch.failure
            if not batch.sent:
                await self._send(batch)

    async def _send(self, batch: _Batch) -> None:
        try:
            await self._effects.kept()
            async with self._theirs.pipeline(transaction=False) as pipe:
                for stream, entries in batch.entries.items():
                    pipe.xack(stream, self._service, *entries)
                await pipe.execute()
        except Exception as failure:
            batch.failure = failure
            raise
        batch.sent = True
