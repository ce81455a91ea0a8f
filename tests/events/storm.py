"""A storm: purchases, and kills in the midst of what follows from them, until all is calm."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

from deployments.foundation.events.cancellation import heed_cancellation
from tests.conftest import ClientOf
from tests.events.buyers import Buyers
from tests.events.effect_log import tallies
from tests.events.effects import mails, waiting
from tests.events.platform_endpoint import PlatformEndpoint
from tests.events.worker_pool import WorkerPool

KILLS = 12
"""About as many there are in a short storm, spread over all that handlers do."""
CALLS_PER_ORDER = 10
"""Roughly how often handlers are called for an order."""
MOST_CALLS_BETWEEN_KILLS = 1000
STALLED_SECONDS = 60.0
"""For so long nothing at all happens only in a storm that hangs."""
_LOOK_SECONDS, _MEASURE_SECONDS, _TELL_SECONDS = 0.05, 0.5, 10.0


class Storm:
    """One storm over one store."""

    def __init__(
        self,
        buyers: Buyers,
        workers: WorkerPool,
        endpoint: PlatformEndpoint,
        redis_of: ClientOf,
        data: Path,
        *,
        seed: int,
    ) -> None:
        self._chance = random.Random(seed)
        self._buyers, self._pool, self._endpoint = buyers, workers, endpoint
        self._redis_of, self._data = redis_of, data
        self._began, self._seconds, self._waiting = time.monotonic(), 0.0, 0

    async def run(self, orders: int) -> None:
        """Buy so much, and kill whoever is at work, until nothing is left to do."""
        self._began = time.monotonic()
        kills = asyncio.create_task(self._kill(orders))
        telling = asyncio.create_task(self._tell())
        buying = asyncio.create_task(self._buyers.buy(orders))
        try:
            await self._until_nothing_waits(buying, kills)
        finally:
            for task in (kills, telling, buying):
                task.cancel()
            await asyncio.gather(kills, telling, buying, return_exceptions=True)
        self._seconds = time.monotonic() - self._began

    async def _kill(self, orders: int) -> None:
        between = min(orders * CALLS_PER_ORDER // KILLS, MOST_CALLS_BETWEEN_KILLS)
        due = between
        while True:
            heed_cancellation()
            if self._pool.calls >= due:
                await self._pool.kill_one()
                due = self._pool.calls + self._chance.randint(between // 2, between * 3 // 2)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _until_nothing_waits(
        self, buying: asyncio.Task[None], kills: asyncio.Task[None]
    ) -> None:
        """Wait until all is bought and nothing is waiting. Fails if anything hangs or fails."""
        last, moved = (0, 0), time.monotonic()
        while not (buying.done() and await self._nothing_waits()):
            self._pool.check()
            for task in (buying, kills):
                if task.done():
                    task.result()
            now = (self._pool.calls, len(self._buyers.bought))
            last, moved = (now, time.monotonic()) if now != last else (last, moved)
            assert time.monotonic() - moved < STALLED_SECONDS, self._now()
            await asyncio.sleep(_MEASURE_SECONDS)
        await buying

    async def _nothing_waits(self) -> bool:
        self._waiting = await waiting(self._redis_of, self._pool.kills)
        return not self._waiting

    async def _tell(self) -> None:
        while True:
            heed_cancellation()
            await asyncio.sleep(_TELL_SECONDS)
            await self._nothing_waits()
            print(self._now(), flush=True)

    def _now(self) -> str:
        kinds = {
            "bought": len(self._buyers.bought),
            "calls": self._pool.calls,
            "mails": len(mails(self._data / "mail")),
            "webhooks": len(self._endpoint.requests),
            "of them again": self._endpoint.again,
            "kills": sum(self._pool.kills.values()),
            "waiting": self._waiting,
        }
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        return f"{time.monotonic() - self._began:6.1f} s: {told}"

    def figures(self) -> str:
        """All that was counted, as Markdown."""
        head = ("service", "events", "kills", "redelivered", "suppressed", "failed attempts")
        tally = tallies(self._data / "effects")
        kills = self._pool.kills
        rows: dict[str, tuple[int, ...]]
        rows = {service: (of.events, kills[service], *of[1:]) for service, of in tally.items()}
        rows["all"] = tuple(map(sum, zip(*rows.values(), strict=True)))
        table = [head, ["---" for _ in head], *([service, *row] for service, row in rows.items())]
        lines = [f"| {' | '.join(map(str, cells))} |" for cells in table]
        rate = f"{rows['all'][0] / self._seconds:.0f} events a second"
        return "\n".join([*lines, f"{len(self._buyers.bought)} orders, {rate}, {self._now()}"])
