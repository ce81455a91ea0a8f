"""A host as a replica of a Serve application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack

from starlette.types import ASGIApp

from deployments.foundation.events.lag_scaling import WAITING
from deployments.foundation.events.loop import Loop
from deployments.foundation.placement.applications import connect, reach_dependencies
from deployments.foundation.placement.host import Host, Placed
from deployments.foundation.placement.ray_metrics import EVERY_SECONDS, RayMetrics
from deployments.foundation.placement.replica_log import log_as_replica
from deployments.foundation.placement.tracing import recording
from deployments.foundation.redis.connection import client, connect_redis
from deployments.foundation.rpc.calls import Reply
from deployments.foundation.rpc.coalescing import Call, as_done
from deployments.foundation.values.meter import Meter

_SERVE = "ray.serve"
"""The logger whose file Ray's dashboard shows as a replica's log. Serve writes errors into it at
once, and all else by the thousand."""


class Replica:
    """What every deployment is: services that answer calls, and say whether they are healthy.

    Serve calls `check_health` periodically and replaces a replica that raises; before it ends one,
    what is under way is finished.
    """

    _host: Host | None = None

    async def __init__(self, place: Callable[[], Sequence[Placed]]) -> None:  # type: ignore[misc] # Serve awaits it.
        placed = place()
        self._ending = ExitStack()
        self._ending.enter_context(recording(log_as_replica([one.name for one in placed])))
        await asyncio.gather(*(_answers(one.name) for one in placed if one.keeps_state))
        meter = Meter()
        showing = Loop("metrics", RayMetrics(meter).show, every=EVERY_SECONDS)
        self._host = Host(placed, client, connect, meter=meter)
        await asyncio.gather(self._host.start(), reach_dependencies())
        for one in placed:
            logging.getLogger(f"deployments.{one.name}").info("%s runs here", one.name)
        self._showing = asyncio.create_task(showing.run(), name=showing.name)

    async def invoke(
        self, service: str, method: str, body: bytes, seconds: float, trace: str | None = None
    ) -> Reply:
        """One call from another process; `deployments.foundation.rpc.handles` makes them.

        Releases of different age call each other: an argument that is added has a default.
        """
        return await self._running.answer(service, method, body, seconds, trace)

    async def invoke_many(
        self, calls: Sequence[Call]
    ) -> AsyncIterator[Sequence[tuple[int, Reply]]]:
        """Calls that travel together: each answered as soon as it is done, with its number."""
        async for done in as_done([self.invoke(*call) for call in calls]):
            yield done

    @property
    def _running(self) -> Host:
        assert self._host is not None  # noqa: S101 - Serve calls nothing before `__init__` is done.
        return self._host

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve scales this deployment by, beside its requests; see `LoadAndLagPolicy`."""
        return {WAITING: float(self._running.waiting)}

    async def check_health(self) -> None:
        """Raises when something that runs here has ended, or a Redis does not answer.

        Serve shows that it failed and not why: that stands in the logs.
        """
        try:
            await self._running.check()
        except Exception as why:
            names = [f"deployments.{service}" for service in self._running.services]
            for name in (*names, _SERVE):
                logging.getLogger(name).log(logging.ERROR, "this replica is ill: %s", why)
            raise

    async def __del__(self) -> None:
        if self._host is not None:
            await self._host.stop()
            self._showing.cancel()
            await asyncio.to_thread(self._ending.close)


class PublicReplica(Replica):
    """A replica that clients reach, too: the public routes of its services."""

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The routes, with this replica's state bound to them."""
        return self._running.app()


async def _answers(service: str) -> None:
    redis = await connect_redis(service)
    await redis.aclose()
