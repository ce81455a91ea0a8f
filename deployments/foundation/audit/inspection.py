"""Looking at many records, and twice at those that look wrong, by the servers' clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy
from deployments.foundation.values.clock import Clock

Suspects = dict[str, list[Discrepancy]]
"""What is wrong with each of some records, by their ids; those that are in order are left out."""
Examine = Callable[[Sequence[str]], Awaitable[Suspects]]


def suspects(judged: Iterable[tuple[str, Iterable[Discrepancy]]]) -> Suspects:
    """The records about which there is something to say."""
    found = ((id_, list(wrong)) for id_, wrong in judged)
    return {id_: wrong for id_, wrong in found if wrong}


@dataclass(frozen=True)
class Inspection:
    """How an audit looks at a store that goes on meanwhile.

    What looks wrong is looked at again after `pause_seconds`. The time is that of the server on
    which the state is, whose clock may differ from the operator's; `clock` replaces it in tests.
    """

    pause_seconds: float = 0.5
    clock: Clock | None = None

    async def now(self, redis: Redis) -> datetime:
        """The present moment, by the clock of this server."""
        if self.clock is not None:
            return self.clock()
        seconds, microseconds = await redis.time()
        return datetime.fromtimestamp(seconds + microseconds / 1_000_000, UTC)

    async def pause(self) -> None:
        """Give the store a moment to go on."""
        await asyncio.sleep(self.pause_seconds)

    async def each(
        self, batches: AsyncIterator[list[str]], examine: Examine
    ) -> tuple[int, list[Discrepancy]]:
        """How many records there are, and what is wrong when it is looked at again too."""
        count, wrong = 0, list[Discrepancy]()
        async for batch in batches:
            count += len(batch)
            wrong += await self.confirmed(batch, examine)
        return count, wrong

    async def confirmed(self, ids: Sequence[str], examine: Examine) -> list[Discrepancy]:
        """What is wrong with these, and still is a moment later."""
        first = await examine(ids) if ids else {}
        if not first:
            return []
        await self.pause()
        second = await examine(list(first))
        return [one for id_, found in second.items() for one in found if one in first[id_]]
