"""What a dependency said a moment ago, for everybody who asks about the same thing meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from deployments.foundation.values.clock import Clock, utc_now

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST = 10_000
"""Answers that are kept at most, a few hundred bytes each."""


class _Known(NamedTuple, Generic[Value]):
    value: Value
    asked_at: datetime


class RecentAnswers(Generic[Key, Value]):
    """Answers by what they are about, each kept for `seconds`.

    `ask` is given what nobody has asked about within that time. What it leaves out of its answer is
    asked about again; what it raises reaches the caller, and nothing is kept.
    """

    def __init__(
        self,
        ask: Callable[[tuple[Key, ...]], Awaitable[Mapping[Key, Value]]],
        seconds: float,
        *,
        most: int = MOST,
        clock: Clock = utc_now,
    ) -> None:
        self._ask, self._seconds, self._most, self._clock = ask, seconds, most, clock
        self._known: dict[Key, _Known[Value]] = {}

    async def about(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The answers, no older than `seconds`."""
        now, wanted = self._clock(), tuple(dict.fromkeys(keys))
        known = {key: self._known[key].value for key in wanted if self._is_recent(key, now)}
        unknown = tuple(key for key in wanted if key not in known)
        if not unknown:
            return known
        answered = await self._ask(unknown)
        self._keep(answered, now)
        return known | dict(answered)

    def _is_recent(self, key: Key, now: datetime) -> bool:
        known = self._known.get(key)
        # A clock that was set back must not keep an answer for longer.
        return known is not None and 0 <= (now - known.asked_at).total_seconds() < self._seconds

    def _keep(self, answered: Mapping[Key, Value], now: datetime) -> None:
        if len(self._known) + len(answered) > self._most:
            self._known = {k: known for k, known in self._known.items() if self._is_recent(k, now)}
        if len(self._known) + len(answered) <= self._most:
            self._known |= {key: _Known(value, now) for key, value in answered.items()}
