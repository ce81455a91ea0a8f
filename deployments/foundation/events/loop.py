"""Work that is done again and again, in every process of a service.

Any number of processes do the same work at once, and nothing here keeps them apart: a tick only
does what is atomic and idempotent. A tick must not block the event loop, or nothing else goes on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

from deployments.foundation.events.cancellation import heed_cancellation
from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.deadline import within
from deployments.foundation.values.backoff import Backoff

Tick = Callable[[], Awaitable[bool]]
"""One piece of work; true when more of it waits, so that the next tick comes at once."""

LONGEST_PAUSE_SECONDS = 30.0
MEASURE_EVERY_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Loop:
    """A tick every `every` seconds, give or take a fifth, and less often while ticks fail.

    A tick that takes more than `tick_seconds` is cancelled and counts as failed. After failures in
    a row the pause doubles up to `LONGEST_PAUSE_SECONDS`, or `every` if that is longer.
    """

    def __init__(
        self,
        name: str,
        tick: Tick,
        *,
        every: float,
        tick_seconds: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.tick = tick
        # No failure counts as the first: then the pause is the one between ticks.
        self._backoff = Backoff(every, max(every, LONGEST_PAUSE_SECONDS))
        self._tick_seconds = tick_seconds
        self._sleep = sleep
        self._failures = 0

    async def run(self) -> None:
        """Tick until cancelled. No failure of a tick ends it."""
        while True:
            more = await self._try()
            heed_cancellation()
            await self._sleep(0.0 if more else self._pause())

    async def _try(self) -> bool:
        """One tick; whether the next should come at once. A failure is logged, and counted."""
        try:
            async with within(self._tick_seconds):
                more = await self.tick()
        except DependencyUnavailable as away:
            _log.warning("%s waits: %s", self.name, away)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the next tick may succeed.
            if is_unavailable(failure):
                _log.warning("%s waits for Redis: %s", self.name, failure)
            else:
                _log.exception("%s: a tick failed", self.name)
        else:
            self._failures = 0
            return more
        self._failures += 1
        return False

    def _pause(self) -> float:
        return self._backoff.after(self._failures + 1) * random.uniform(0.8, 1.2)  # noqa: S311


def measuring(service: str, show: Callable[[], Awaitable[None]]) -> Loop:
    """Shows what a service's Redis says of it, for an operator to watch."""

    async def tick() -> bool:
        await show()
        return False

    return Loop(f"{service}'s metrics", tick, every=MEASURE_EVERY_SECONDS)


class Runnable(Protocol):
    """What a process does for as long as it lives: a loop, or supervising a server."""

    name: str

    async def run(self) -> None:
        """Go on until cancelled."""


def start(
    loop: Runnable, *, exit_process: Callable[[int], object] = os._exit
) -> asyncio.Task[None]:
    """Run it as a task, for whatever reason it ends: then the process exits with 1."""

    def ended(task: asyncio.Task[None]) -> None:
        reason = None if task.cancelled() else task.exception()
        _log.critical("%s: its loop ended, and so does its process", loop.name, exc_info=reason)
        exit_process(1)

    task = asyncio.get_running_loop().create_task(loop.run(), name=loop.name)
    task.add_done_callback(ended)
    return task
