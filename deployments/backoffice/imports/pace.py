"""How fast an import goes: it rests after each answer, longer the slower services answer.

While nothing else happens it rests as long as an answer took, and so asks half of the time. Answers
that take longer than usual say that somebody waits for the same services; then it rests many times
as long as they took.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

_FORGETS = 1.02
"""How fast the quickest answer is forgotten: services may become slower for good."""
_SMOOTHS = 0.2
_LEAST, _MOST = 1.0, 10.0
_NO_TIME = 1e-6
LONGEST_REST_SECONDS = 1.0


class Pace:
    """Measures what is asked and rests after it. `sleep` and `clock` are a test's own."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._began, self._usual, self._lately = 0.0, 0.0, 0.0

    def begin(self) -> None:
        """Something is about to be asked."""
        self._began = self._clock()

    async def rest(self) -> None:
        """It was answered."""
        await self._sleep(self.rest_after(self._clock() - self._began))

    async def wait(self, seconds: float) -> None:
        """Let a service that is away come back."""
        await self._sleep(seconds)

    def rest_after(self, took: float) -> float:
        """How long to rest after an answer that took so many seconds."""
        self._lately = took if not self._lately else self._lately + _SMOOTHS * (took - self._lately)
        self._usual = min(self._lately, self._usual * _FORGETS) if self._usual else took
        slower = self._lately / max(self._usual, _NO_TIME)
        times = min(_MOST, max(_LEAST, slower))
        return min(LONGEST_REST_SECONDS, took * times)
