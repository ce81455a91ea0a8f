"""Nodes of a store in one process: each has services and an exporter, and calls cross between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.http.edge import http_app
from deployments.foundation.placement.exposition import exposed
from deployments.foundation.placement.host import Host
from deployments.foundation.redis.connection import client
from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, answered
from deployments.foundation.rpc.dependencies import dependency
from deployments.foundation.values.meter import Meter
from deployments.foundation.values.trace import traceparent
from deployments.store import placed
from tests.served import served

Api = TypeVar("Api")
Fault = Callable[[str], Awaitable[Reply | None]]
"""What becomes of a call of a method: an answer, an exception, or nothing unusual."""


async def none(_method: str) -> Reply | None:
    """Nothing is wrong."""
    return None


class Line:
    """Carries calls to a service of another node as a Serve handle would, and fails as told."""

    def __init__(self, app: str, node: Node) -> None:
        self._app, self._node = app, node
        self.fault: Fault = none

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        reply = await self.fault(method)
        if reply is None:
            reply = await self._node.answer(self._app, method, body, seconds)
        return answered(self._app, reply)


class Node:
    """Some services, which may be stopped and started again, and an exporter of its own."""

    def __init__(self, services: Sequence[str], lines: Mapping[str, Line] | None = None) -> None:
        self._services, self._lines = services, lines or {}
        self._meter = Meter()
        self._host: Host | None = None
        self._exporter = AsyncExitStack()
        self.target = ""

    @property
    def host(self) -> Host:
        """Its services, while they run."""
        assert self._host is not None
        return self._host

    async def start(self) -> None:
        """Start the services."""
        self._meter = Meter()
        self._host = Host(placed(self._services), client, self._elsewhere, meter=self._meter)
        await self._host.start()

    async def stop(self) -> None:
        """Stop the services, whose figures are gone with them."""
        await self.host.stop()
        self._host, self._meter = None, Meter()

    async def expose(self) -> None:
        """Answer Prometheus."""

        async def metrics(_request: Request) -> Response:
            return Response(exposed(self._meter), media_type="text/plain; version=0.0.4")

        url = await self._exporter.enter_async_context(
            served(http_app([Route("/metrics", metrics)]))
        )
        self.target = url.removeprefix("http://")

    async def hide(self) -> None:
        """Answer Prometheus no more."""
        await self._exporter.aclose()

    async def answer(self, app: str, method: str, body: bytes, seconds: float) -> Reply:
        """One call from another node."""
        if self._host is None:
            raise DependencyUnavailable(app, "its node has stopped", "absent")
        return await self._host.answer(app, method, body, seconds, traceparent())

    def _elsewhere(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        return dependency(api, self._lines[app], app=app, seconds=seconds)
