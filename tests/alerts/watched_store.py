"""A store that Prometheus reads, with a shopper, a platform's endpoint and a mail server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from deployments.datastore.users import set_user
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.rpc.detach import finish_detached
from deployments.topology import BY_NAME, SERVICES
from tests.alerts.nodes import Line, Node
from tests.alerts.shortened import prometheus_reads
from tests.conditions import until
from tests.conftest import SECRET
from tests.integration.shopper import Shopper
from tests.prometheus import Prometheus, prometheus
from tests.unit.notifications.smtp_server import SmtpServer
from tests.unit.webhooks.receiver import Receiver

SKU = "TI-M267"
APART, SPARE = "payments", "profile"
"""The service that has a node of its own, and the one that has a second replica on another."""


@dataclass
class WatchedStore:
    """A node with nearly all services, one with payments, and one that could be done without."""

    main: Node
    apart: Node
    spare: Node
    line: Line
    """To payments."""
    admin: Redis
    prometheus: Prometheus
    targets: Path
    http: httpx.AsyncClient
    hook: Receiver
    smtp: SmtpServer

    @property
    def shopper(self) -> Shopper:
        """Who buys."""
        return Shopper(self.http)

    async def buy(self, token: str = "success_token") -> dict[str, Any]:
        """The session after an attempt to buy one thing."""
        return await self.shopper.complete(await self.shopper.open([(SKU, 1)]), token)

    def show_targets(self) -> None:
        """List the nodes where Prometheus looks for them, as Ray does."""
        targets = [node.target for node in (self.main, self.apart, self.spare)]
        self.targets.write_text(json.dumps([{"labels": {"job": "ray"}, "targets": targets}]))

    async def alerts(self, *states: str) -> list[dict[str, Any]]:
        """The alerts in one of these states."""
        found = await asyncio.to_thread(self.prometheus.ask, "alerts")
        return [alert for alert in found["alerts"] if alert["state"] in states]

    async def fires(self, rule: str) -> dict[str, Any]:
        """Wait until a rule fires, and no other does; the alert."""
        firing: list[dict[str, Any]] = []

        async def done() -> bool:
            firing[:] = await self.alerts("firing")
            names = {alert["labels"]["alertname"] for alert in firing}
            assert names <= {rule}, firing
            return bool(names)

        await until(done, f"{rule} fires", tell=lambda: "Nothing fires.")
        return firing[0]

    async def quiet(self) -> None:
        """Wait until every node answers Prometheus, and no rule fires or is about to."""
        pending: list[dict[str, Any]] = []

        async def done() -> bool:
            up = await asyncio.to_thread(self.prometheus.values, 'up{job="fieldhouse"}')
            pending[:] = await self.alerts("firing", "pending")
            return up == [1.0] * 3 and not pending

        await until(done, "all is well", tell=lambda: str(pending))


@asynccontextmanager
async def watched_store(
    admin: Redis, hook: Receiver, smtp: SmtpServer, directory: Path
) -> AsyncIterator[WatchedStore]:
    """While it runs, on the Redis that the environment names."""
    for service in SERVICES:
        await admin.execute_command(*set_user(service, SECRET))
    apart = Node([APART])
    line = Line(APART, apart)
    main = Node([name for name in BY_NAME if name != APART], {APART: line})
    spare, targets = Node([SPARE]), directory / "targets.json"
    nodes = (apart, main, spare)
    for node in nodes:
        await node.start()
        await node.expose()
    transport = httpx.ASGITransport(main.host.app(), raise_app_exceptions=False)
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://store", headers=headers, timeout=60
        ) as http:
            with prometheus(prometheus_reads(targets, directory), directory) as watching:
                store = WatchedStore(
                    *(main, apart, spare, line, admin, watching, targets, http, hook, smtp)
                )
                store.show_targets()
                yield store
    finally:
        await finish_detached()
        for node in reversed(nodes):
            await node.stop()
            await node.hide()
