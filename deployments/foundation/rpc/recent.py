"""What a dependency said a moment ago, for everybody who asks about the same thing meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from deployments.foundation.values.clock import Clock, utc_now

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST = 10_000
"""Answers that are kept at most, a few hundred bytes each."""
ALONG = 200
"""What is asked about along with what is not known: a question costs far more than what it adds."""
_DEMAND = 5
"""For how many times its life an answer is renewed that nobody wanted meanwhile."""


@dataclass(slots=True)
class _Known(Generic[Value]):
    value: Value
    asked_at: datetime
    used_at: datetime


class RecentAnswers(Generic[Key, Value]):
    """Answers by what they are about, each kept for `seconds`.

    `ask` is given what nobody has asked about within that time, and along with it, `along` at most,
    what was wanted of late and is about to lapse: so it is called a few times in `seconds`, however
    much is wanted. What it leaves out of its answer is asked about again; what it raises reaches
    the caller, and nothing is kept.
    """

    def __init__(
        self,
        ask: Callable[[tuple[Key, ...]], Awaitable[Mapping[Key, Value]]],
        seconds: float,
        *,
        most: int = MOST,
        along: int = ALONG,
        clock: Clock = utc_now,
    ) -> None:
        self._ask, self._seconds, self._clock = ask, seconds, clock
        self._most, self._along = most, along
        # Those that were asked about first are first.
        self._known: dict[Key, _Known[Value]] = {}

    async def about(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The answers, no older than `seconds`."""
        now, wanted = self._clock(), tuple(dict.fromkeys(keys))
        known = {key: self._use(key, now) for key in wanted if self._is_recent(key, now)}
        unknown = tuple(key for key in wanted if key not in known)
        if not unknown:
            return known
        answered = await self._ask((*unknown, *self._lapsing(now, unknown)))
        self._keep(answered, now, frozenset(unknown))
        return known | {key: answered[key] for key in unknown if key in answered}

    def _use(self, key: Key, now: datetime) -> Value:
        known = self._known[key]
        known.used_at = now
        return known.value

    def _is_recent(self, key: Key, now: datetime) -> bool:
        known = self._known.get(key)
        return known is not None and self._age(known.asked_at, now) < 1

    def _age(self, since: datetime, now: datetime) -> float:
        """How much of an answer's life is over; all of it if the clock was set back."""
        seconds = (now - since).total_seconds()
        return seconds / self._seconds if self._seconds and seconds >= 0 else float("inf")

    def _lapsing(self, now: datetime, unknown: tuple[Key, ...]) -> tuple[Key, ...]:
        """The oldest answers that are wanted; those that nobody wants are forgotten."""
        oldest = list(islice(self._known.items(), 2 * self._along))
        for key, known in oldest:
            if self._age(known.used_at, now) >= _DEMAND:
                del self._known[key]
        due = (
            key
            for key, known in oldest
            if key in self._known and key not in unknown and self._age(known.asked_at, now) > 1 / 2
        )
        return tuple(islice(due, self._along))

    def _keep(self, answered: Mapping[Key, Value], now: datetime, wanted: frozenset[Key]) -> None:
        used = {key: now if key in wanted else self._used(key, now) for key in answered}
        for key in answered:
            self._known.pop(key, None)
        if len(self._known) + len(answered) > self._most:
            self._known = {k: known for k, known in self._known.items() if self._is_recent(k, now)}
        if len(self._known) + len(answered) <= self._most:
            for key, value in answered.items():
                self._known[key] = _Known(value, now, used[key])

    def _used(self, key: Key, now: datetime) -> datetime:
        known = self._known.get(key)
        return now if known is None else known.used_at
