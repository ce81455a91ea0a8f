"""Counts calls between services and their round trips to Redis, wherever services are composed.

What a request does and what happens in the background (loops, consumers and what they handle) are
told apart: whatever is started within `background()` stays there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.placement.host import Placed
from deployments.foundation.rpc.contracts import methods_of
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter

Api = TypeVar("Api")
_in_background: ContextVar[bool] = ContextVar("in_background", default=False)


@contextmanager
def background() -> Iterator[None]:
    """What is started meanwhile, and what that starts, is background."""
    token = _in_background.set(True)
    try:
        yield
    finally:
        _in_background.reset(token)


@dataclass
class Counts:
    """Calls by caller, callee and method; round trips by service."""

    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    round_trips: Counter[str] = field(default_factory=Counter)

    def copy(self) -> Counts:
        """As they are now."""
        return Counts(Counter(self.calls), Counter(self.round_trips))

    def since(self, before: Counts) -> Counts:
        """What has been added."""
        return Counts(self.calls - before.calls, self.round_trips - before.round_trips)


@dataclass
class Tally:
    """What requests did, and what the background did."""

    foreground: Counts = field(default_factory=Counts)
    background: Counts = field(default_factory=Counts)

    @property
    def _here(self) -> Counts:
        return self.background if _in_background.get() else self.foreground

    def called(self, caller: str, callee: str, method: str) -> None:
        """A service called another."""
        self._here.calls[caller, callee, method] += 1

    def asked(self, service: str) -> None:
        """A service asked Redis for something, however many commands that was."""
        self._here.round_trips[service] += 1

    def counted_redis(self, redis: Redis, service: str) -> Redis:
        """The client, which has not been used yet, with its round trips counted."""
        pool = redis.connection_pool
        pool.connection_class = _counted_connection(pool.connection_class, self, service)
        return redis

    def counted(self, services: Iterable[Placed]) -> list[Placed]:
        """Services, with the calls that they make counted."""
        return [self._counted(one) for one in services]

    def _counted(self, placed: Placed) -> Placed:
        def compose(
            redis: Redis,
            connect: Connect,
            *,
            clock: Clock = utc_now,
            meter: Meter = UNMEASURED,
        ) -> Composition:
            counted = cast(Connect, self._counted_connect(connect, placed.name))
            return placed.compose(redis, counted, clock=clock, meter=meter)

        return replace(placed, compose=compose)

    def _counted_connect(self, connect: Connect, caller: str) -> object:
        def counted(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
            dependency = connect(api, app=app, seconds=seconds)
            calls = {
                name: self._counted_call(getattr(dependency, name), caller, app, name)
                for name in methods_of(cast(type, api))
            }
            return cast(Api, type(f"Counted{api.__name__}", (), calls)())

        return counted

    def _counted_call(
        self, call: Callable[[object], Awaitable[Any]], caller: str, callee: str, name: str
    ) -> Callable[..., Awaitable[Any]]:
        async def counted(_self: object, request: object) -> object:
            self.called(caller, callee, name)
            return await call(request)

        return counted


def _counted_connection(
    kind: type[AbstractConnection], tally: Tally, service: str
) -> type[AbstractConnection]:
    """A connection that counts what it sends, one for a pipeline; its greetings are left out."""

    class Counted(kind):  # type: ignore[misc, valid-type] # The pool says which kind.
        greeting = False

        async def on_connect_check_health(self, check_health: bool = True) -> None:  # noqa: FBT001
            self.greeting = True
            try:
                await super().on_connect_check_health(check_health=check_health)
            finally:
                self.greeting = False

        async def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: ANN401, FBT001
            if not self.greeting:
                tally.asked(service)
            await super().send_packed_command(command, check_health)

    return Counted
