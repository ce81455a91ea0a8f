"""The base of actors that do a small piece of work again and again.

Serve creates such an actor before its service's replicas and calls nothing of it afterwards: its
health check only asks Ray whether the process lives. So the loop starts when the actor is created,
and a loop that ends takes its process with it, whereupon Serve starts a new one. A tick must not
block the event loop: nobody would notice.

Two of every actor run during an upgrade, and nothing here keeps them apart: a tick only calls
methods of services whose effect is atomic and idempotent, so that two at once are harmless. Work
of which that is not true must take a fenced lease first.
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


class Runnable(Protocol):
    """Anything that an actor does for as long as it lives: a loop, or minding a server."""

    name: str

    async def run(self) -> None:
        """Go on until cancelled."""


def start(
    loop: Runnable, *, exit_process: Callable[[int], object] = os._exit
) -> asyncio.Task[None]:
    """Run the loop on the running event loop; when it ends, for whatever reason, so does all."""

    def ended(task: asyncio.Task[None]) -> None:
        reason = None if task.cancelled() else task.exception()
        _log.critical("%s: its loop ended, and so does its process", loop.name, exc_info=reason)
        exit_process(1)

    task = asyncio.get_running_loop().create_task(loop.run(), name=loop.name)
    task.add_done_callback(ended)
    return task


class LoopActor:
    """The base of an actor class under `@ray.remote`: it runs a loop from its first moment on.

    Ray gives an actor with async methods an event loop and runs its constructor there; Serve's
    handles are awaited on the same loop.
    """

    def __init__(self, loop: Loop, *, exit_process: Callable[[int], object] = os._exit) -> None:
        self._running = start(loop, exit_process=exit_process)

    async def is_running(self) -> bool:
        """Whether the loop runs; whoever gets an answer reads true."""
        return not self._running.done()
