"""Webhooks as a Serve application under `/webhooks`: it answers, consumes and delivers."""

from __future__ import annotations

import asyncio

from ray import serve
from ray.serve.metrics import Counter, Gauge, Histogram
from starlette.types import ASGIApp

from deployments.foundation.events.consuming import Consuming
from deployments.foundation.events.loop import Loop
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.http.signing import signing_keys
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.handles import connect
from deployments.foundation.values.settings import public_url, webhooks_loopback
from deployments.orders.contract import OrdersApi
from deployments.webhooks.client import WebhookClient
from deployments.webhooks.consumers import WebhooksConsumers
from deployments.webhooks.contract import WebhooksApi
from deployments.webhooks.dispatcher import CLAIM_SECONDS, Dispatcher
from deployments.webhooks.domain import DeliveryOutcome
from deployments.webhooks.resolver import Resolver
from deployments.webhooks.routes import WebhooksRoutes
from deployments.webhooks.service import WebhooksService
from deployments.webhooks.signatures import Signer
from deployments.webhooks.store import SERVICE, WebhooksStore, WebhookTotals

_PROFILE = "/.well-known/ucp"
_TICK_EVERY_SECONDS, _MEASURE_EVERY_SECONDS = 1.0, 5.0
_LAG_BOUNDARIES = [0.1, 0.3, 1.0, 3.0, 10.0, 60.0, 600.0, 3600.0, 86400.0]


class DeliveryMetrics:
    """What an operator watches beside the consumer's. Every replica shows all endpoints' state."""

    def __init__(self) -> None:
        self._attempts = Counter("fieldhouse_webhook_attempts", "Attempts, by outcome.", ("as",))
        self._lag = Histogram(
            "fieldhouse_webhook_seconds", "From an order's change to its delivery.", _LAG_BOUNDARIES
        )
        self._waiting = Gauge("fieldhouse_webhooks_waiting", "Deliveries that are to be made.")
        self._failing = Gauge("fieldhouse_webhooks_failing", "Endpoints that fail.")
        self._dead = Gauge("fieldhouse_webhooks_dead", "Deliveries that were given up.")

    def attempted(self, outcome: DeliveryOutcome, seconds: float) -> None:
        """An attempt ended so, so many seconds after the event."""
        self._attempts.inc(1, {"as": outcome.verdict})
        if outcome.verdict == "sent":
            self._lag.observe(seconds)

    def show(self, totals: WebhookTotals) -> None:
        """The present state."""
        self._waiting.set(totals.waiting)
        self._failing.set(totals.failing)
        self._dead.set(totals.dead)


@serve.deployment
@serve.ingress()
class Webhooks(Consuming):
    """One replica of webhooks, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        self._keys = platform_keys()
        signer = Signer(signing_keys())
        redis = await connect_redis(SERVICE)
        self._limits = RateLimits(redis, SERVICE, self._keys)
        self._store = WebhooksStore(redis, claim_seconds=CLAIM_SECONDS)
        loopback = webhooks_loopback()
        self._webhook_client = WebhookClient(
            signer, public_url() + _PROFILE, Resolver(), loopback=loopback
        )
        self._deliveries = DeliveryMetrics()
        self._dispatcher = Dispatcher(self._store, self._webhook_client, observer=self._deliveries)
        self._service = WebhooksService(
            self._store,
            self._webhook_client,
            connect(OrdersApi, app="orders"),
            queued=self._dispatcher.wake,
        )
        self.expose(WebhooksApi, self._service, redis)
        await self.consume(SERVICE, redis, WebhooksConsumers(self._service).subscriptions())
        self._tasks = [*self._tasks, *(asyncio.create_task(one.run()) for one in self._loops())]

    def _loops(self) -> list[Loop]:
        """What runs beside the consumer; a replica in which one has ended is replaced."""
        return [
            Loop(
                "webhooks' deliveries",
                self._dispatcher.tick,
                every=_TICK_EVERY_SECONDS,
                sleep=self._dispatcher.rest,
            ),
            Loop("webhooks' totals", self._show_totals, every=_MEASURE_EVERY_SECONDS),
        ]

    async def _show_totals(self) -> bool:
        self._deliveries.show(await self._store.totals())
        return False

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public routes, with this replica's state bound to them."""
        return http_app(WebhooksRoutes(self._service, self._keys).routes(), self._limits)

    async def __del__(self) -> None:
        await self._dispatcher.stop()
        await super().__del__()
        await self._webhook_client.aclose()


app = Webhooks.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
