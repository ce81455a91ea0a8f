"""What a service's `compose()` is given, and what it gives: the same wherever the service runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from redis.asyncio import Redis
from starlette.routing import Route

from deployments.foundation.events.loop import Runnable
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter

Api = TypeVar("Api")


class Connect(Protocol):
    """A way to reach dependencies: another replica, the same process, or what a test puts there."""

    def __call__(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        """The service `app` as the protocol of its contract; a call takes `seconds` at most."""
        ...


async def _nothing() -> None:
    """What there is to do for a service that needs nothing."""


def _well() -> None:
    """A service that cannot be ill."""


@dataclass(frozen=True)
class Composition:
    """A service, composed: what answers calls and requests, what consumes events, what ticks.

    `seed` takes in what is shipped, once in the life of a store. `start` comes before the first
    request and `stop` after the last one; `check` raises when the service cannot go on.
    """

    api: type | None = None
    service: object = None
    routes: Sequence[Route] = ()
    limits: RateLimits | None = None
    subscriptions: Sequence[Subscription] = ()
    loops: Sequence[Runnable] = ()
    seed: Callable[[], Awaitable[None]] = _nothing
    start: Callable[[], Awaitable[None]] = _nothing
    check: Callable[[], None] = _well
    stop: Callable[[], Awaitable[None]] = _nothing


class Compose(Protocol):
    """A service's composition root, `compose` in its `deployment.py`.

    What a service can do without, such as a payment provider of a test's own, are further keyword
    arguments with defaults.
    """

    def __call__(
        self, redis: Redis, connect: Connect, *, clock: Clock = utc_now, meter: Meter = UNMEASURED
    ) -> Composition:
        """The service upon its own Redis and its dependencies. Nothing is contacted yet."""
        ...
