"""One store on two nodes whose clocks differ, and a balancer before them: all in one process."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
from redis.asyncio import Redis

from deployments.foundation.placement.host import Host
from deployments.foundation.values.clock import Clock, utc_now
from deployments.notifications.mailer import MailDirectory
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.service import Outlet
from tests.conftest import SECRET, ClientOf
from tests.in_process import URL, on_node
from tests.placements import Placement, placement_of

DIFFER_SECONDS = 90.0
"""By so much one node is ahead, and the other one behind."""


class _InTurn(httpx.AsyncBaseTransport):
    """Sends each request to the next node."""

    def __init__(self, nodes: Sequence[httpx.ASGITransport]) -> None:
        self._nodes = itertools.cycle(nodes)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._nodes).handle_async_request(request)


class TwoNodes:
    """A store that a trial asks for what it needs, see `TriedStore`."""

    def __init__(self, redis_of: ClientOf, mail: Path) -> None:
        self._redis_of, self._mail = redis_of, mail
        self.ahead = self._node(DIFFER_SECONDS)
        self.behind = self._node(-DIFFER_SECONDS)

    def _node(self, seconds: float) -> Host:
        outlet = Outlet(MailRenderer("store@example.com"), MailDirectory(self._mail), links=URL)
        return on_node(_off_by(seconds), self._redis_of, notifications={"outlet": outlet})

    @property
    def hosts(self) -> tuple[Host, Host]:
        return self.ahead, self.behind

    @property
    def placement(self) -> Placement:
        return placement_of("process")

    @property
    def dashboard(self) -> str:
        return ""

    def client(self, **headers: str) -> httpx.AsyncClient:
        nodes = [httpx.ASGITransport(host.app()) for host in self.hosts]
        given = {"X-API-Key": "key-of-acme", **headers}
        return httpx.AsyncClient(transport=_InTurn(nodes), base_url=URL, headers=given, timeout=60)

    def redis(self, user: str) -> Redis:
        return self._redis_of(user)

    def secret(self) -> str:
        return SECRET

    def processes(self) -> Iterator[tuple[psutil.Process, str]]:
        return iter(())

    def mails(self) -> list[bytes]:
        return [file.read_bytes() for file in self._mail.glob("*.eml")]

    def tell(self) -> str:
        return ""


@asynccontextmanager
async def two_nodes(
    redis_of: ClientOf, mail: Path, *, consume: bool = True
) -> AsyncIterator[TwoNodes]:
    """Both run meanwhile."""
    store = TwoNodes(redis_of, mail)
    started = list[Host]()
    try:
        for host in store.hosts:
            await host.start(consume=consume)
            started.append(host)
        yield store
    finally:
        for host in started:
            await host.stop()


def _off_by(seconds: float) -> Clock:
    return lambda: utc_now() + timedelta(seconds=seconds)
