"""The services of one process: composed, started, watched, reached and ended together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from redis.asyncio import Redis
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.http.request_metrics import RequestMetrics
from deployments.foundation.placement.composition import Compose, Composition, Connect
from deployments.foundation.placement.consumption import Consumption
from deployments.foundation.placement.garbage_collection import collect_seldom
from deployments.foundation.placement.local import local
from deployments.foundation.placement.prefixes import Prefixes
from deployments.foundation.placement.server_clock import ServerClock
from deployments.foundation.redis.availability import answers
from deployments.foundation.redis.layouts import check_layout
from deployments.foundation.redis.measured import RedisMetrics, measured
from deployments.foundation.rpc.call_metrics import CallMetrics
from deployments.foundation.rpc.calls import ABSENT, DependencyUnavailable, Endpoint, Reply
from deployments.foundation.rpc.detach import finish_detached
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings

Api = TypeVar("Api")
_log = logging.getLogger(__name__)


class LoopEndedError(Exception):
    """A loop has ended though nobody stopped it: its process must be replaced."""


class RedisOf(Protocol):
    """Clients of Redis by service; `at` names the publisher whose server is entered."""

    def __call__(self, service: str, *, at: str | None = None) -> Redis:
        """A client, which the host closes."""
        ...


@dataclass(frozen=True)
class Placed:
    """A service that runs here: how it is composed, and the prefix of its public routes."""

    name: str
    compose: Compose
    prefix: str | None = None
    keeps_state: bool = True


class Public(NamedTuple):
    """A service's public face: its prefix, what stands under it, and how often one may ask."""

    prefix: str
    routes: Sequence[Route]
    limits: RateLimits | None
    service: str


class Host:
    """Runs services in this process. Those that run elsewhere are reached through `elsewhere`.

    A call between two services of a host stays in the process. `clock` is the node's own; who keeps
    state goes by the clock of its Redis, as its replicas on all other nodes do.
    """

    def __init__(
        self,
        placed: Sequence[Placed],
        redis_of: RedisOf,
        elsewhere: Connect,
        *,
        clock: Clock = utc_now,
        meter: Meter = UNMEASURED,
        options: ConsumerOptions | None = None,
    ) -> None:
        self._placed = {one.name: one for one in placed}
        self._elsewhere, self._options = elsewhere, options
        self._meter = meter
        info = meter.gauge("fieldhouse_service_info", "1 where it runs.", ("service", "release"))
        for one in placed:
            info.set(1, one.name, settings().release)
        redis_of = _measured(redis_of, meter)
        self._redis = {name: redis_of(name) for name in self._placed}
        self._clocks = {
            one.name: ServerClock(self._redis[one.name], clock) for one in placed if one.keeps_state
        }
        self.services: Mapping[str, Composition] = {
            name: one.compose(
                self._redis[name],
                self._connect_from(name),
                clock=self._clocks.get(name, clock),
                meter=meter,
            )
            for name, one in self._placed.items()
        }
        self._endpoints = {
            name: Endpoint(one.api, one.service, name)
            for name, one in self.services.items()
            if one.api is not None
        }
        self._consumptions = [
            Consumption(
                name,
                self._redis[name],
                _entering(redis_of, name),
                one.subscriptions,
                meter=meter,
                options=options,
            )
            for name, one in self.services.items()
            if one.subscriptions
        ]
        self._loops: list[asyncio.Task[None]] = []

    def connect(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        """The service `app`, here or elsewhere."""
        if app in self._placed:
            return local(api, lambda: self.services[app].service, app=app, seconds=seconds)
        return self._elsewhere(api, app=app, seconds=seconds)

    def _connect_from(self, service: str) -> Connect:
        """What a service here reaches others with: each call is counted as this service's."""
        metrics = CallMetrics(service, self._meter)

        def connect(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
            return metrics.of(api, self.connect(api, app=app, seconds=seconds), app)

        return connect

    async def start(self, *, seed: bool = True, consume: bool = True) -> None:
        """Bring everything up, dependencies before those that need them least: all at once.

        Raises `WrongLayoutError` if keys of a service here are not where it would look for them.
        """
        stateful = [name for name, one in self._placed.items() if one.keeps_state]
        await asyncio.gather(*(check_layout(self._redis[name], name) for name in stateful))
        await asyncio.gather(*(one.set() for one in self._clocks.values()))
        if seed:
            await asyncio.gather(*(one.seed() for one in self.services.values()))
        await asyncio.gather(*(one.start() for one in self.services.values()))
        collect_seldom()
        if consume:
            for consumption in self._consumptions:
                consumption.start()
            loops = [loop for one in self.services.values() for loop in one.loops]
            loops += [one.keeping(name) for name, one in self._clocks.items()]
            self._loops = [asyncio.create_task(loop.run(), name=loop.name) for loop in loops]

    async def answer(
        self, service: str, method: str, body: bytes, seconds: float, trace: str | None
    ) -> Reply:
        """One call from another process; `absent` for a service that does not run here."""
        endpoint = self._endpoints.get(service)
        if endpoint is None:
            return ABSENT, b""
        return await endpoint(method, body, seconds, trace)

    def public(self) -> list[Public]:
        """The services here that clients reach."""
        return [
            Public(one.prefix, self.services[name].routes, self.services[name].limits, name)
            for name, one in self._placed.items()
            if one.prefix is not None
        ]

    def app(self) -> ASGIApp:
        """The public routes of all services here, each under its prefix."""
        apps = {
            one.prefix: http_app(
                one.routes, one.limits, metrics=RequestMetrics(one.service, self._meter)
            )
            for one in self.public()
        }
        return Prefixes(apps)

    @property
    def waiting(self) -> int:
        """Events that wait for services of this host, whichever process reads them."""
        return sum(consumption.waiting for consumption in self._consumptions)

    async def check(self) -> None:
        """Raises when something here has ended by itself, or a Redis does not answer."""
        for task in self._loops:
            if task.done():
                why = None if task.cancelled() else task.exception()
                raise LoopEndedError(f"{task.get_name()} has ended: {why!r}") from why
        for consumption in self._consumptions:
            await consumption.check()
        for name, one in self.services.items():
            one.check()
            if self._placed[name].keeps_state:
                await answers(self._redis[name], name)

    async def stop(self) -> None:
        """Finish what is under way, then end everything."""
        await asyncio.gather(*(consumption.stop() for consumption in self._consumptions))
        await finish_detached()
        await asyncio.gather(*(one.stop() for one in self.services.values()))
        for task in self._loops:
            task.cancel()
        if self._loops:
            await asyncio.wait(self._loops)
        await asyncio.gather(*(redis.aclose() for redis in self._redis.values()))


def nowhere(api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
    """For a host that has every service: there is nobody else to be reached."""

    def missing() -> object:
        raise DependencyUnavailable(app, "it is not part of this store", "absent")

    return local(api, missing, app=app, seconds=seconds)


def _measured(redis_of: RedisOf, meter: Meter) -> RedisOf:
    """The same clients, whose round trips are counted as their service's."""

    def measuring(service: str, *, at: str | None = None) -> Redis:
        return measured(redis_of(service, at=at), RedisMetrics(service, meter))

    return measuring


def _entering(redis_of: RedisOf, service: str) -> Callable[[str], Redis]:
    return lambda publisher: redis_of(service, at=publisher)
