"""Repeating a call whose connection or replica was lost, where a repetition does no harm.

Only methods that their contract marks as `repeatable` are repeated, only within the time that the
caller has left, and only as long as repetitions stay a small share of all calls: when much is
lost, more calls make it worse.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection

from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, Transport
from deployments.foundation.values.backoff import Backoff

REPETITIONS = 2
"""At most, for one call."""
_SHARE = 0.1
_RESERVE = 5.0
_BACKOFF = Backoff(first=0.05, longest=1.0)
_spread = random.SystemRandom().random


class RetryBudget:
    """What may be spent on repetitions: a tenth of a call for every call, and a small reserve."""

    def __init__(self, share: float = _SHARE, reserve: float = _RESERVE) -> None:
        self._share, self._reserve = share, reserve
        self._left = reserve

    def earn(self) -> None:
        """A call is made."""
        self._left = min(self._reserve, self._left + self._share)

    def spend(self) -> bool:
        """Take a repetition from the budget, if there is one in it."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Retrying:
    """A transport that repeats calls of `repeatable` methods which were lost on their way.

    If no repetition is answered either, the first failure is what the caller gets to know.
    """

    def __init__(
        self,
        transport: Transport,
        repeatable: Collection[str],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        spread: Callable[[], float] = _spread,
    ) -> None:
        self._transport, self._repeatable = transport, frozenset(repeatable)
        self._sleep, self._spread = sleep, spread
        self._budget = RetryBudget()

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """The reply to the call or to one of its repetitions."""
        ends_at = asyncio.get_running_loop().time() + seconds
        self._budget.earn()
        try:
            return await self._transport(method, body, seconds)
        except DependencyUnavailable as failure:
            if failure.kind != "lost" or method not in self._repeatable:
                raise
            first = failure
        return await self._repeat(method, body, ends_at, first)

    async def _repeat(
        self, method: str, body: bytes, ends_at: float, first: DependencyUnavailable
    ) -> Reply:
        now = asyncio.get_running_loop().time
        for failures in range(1, REPETITIONS + 1):
            pause = self._spread() * _BACKOFF.after(failures)
            if now() + pause >= ends_at or not self._budget.spend():
                break
            await self._sleep(pause)
            try:
                return await self._transport(method, body, ends_at - now())
            except DependencyUnavailable as failure:
                if failure.kind != "lost":
                    break
        raise first
