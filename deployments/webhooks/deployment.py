"""Webhooks' composition root: it answers, consumes and delivers."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.http.signing import signing_keys
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.orders.contract import OrdersApi
from deployments.webhooks.client import WebhookClient
from deployments.webhooks.consumers import WebhooksConsumers
from deployments.webhooks.contract import WebhooksApi
from deployments.webhooks.dispatcher import CLAIM_SECONDS, Dispatcher
from deployments.webhooks.loops import delivering
from deployments.webhooks.metrics import DeliveryMetrics
from deployments.webhooks.resolver import Resolver
from deployments.webhooks.routes import WebhooksRoutes
from deployments.webhooks.service import WebhooksService
from deployments.webhooks.signatures import Signer
from deployments.webhooks.store import SERVICE, WebhooksStore

_PROFILE = "/.well-known/ucp"


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    client: WebhookClient | None = None,
) -> Composition:
    """Webhooks upon its Redis and orders; `client` makes the requests, if not as settings say."""
    keys, metrics = platform_keys(), DeliveryMetrics(meter)
    store = WebhooksStore(redis, claim_seconds=CLAIM_SECONDS)
    client = client or _client()
    dispatcher = Dispatcher(store, client, observer=metrics, clock=clock)
    orders = connect(OrdersApi, app="orders")
    service = WebhooksService(store, client, orders, queued=dispatcher.wake, clock=clock)

    async def stop() -> None:
        await dispatcher.stop()
        await client.aclose()

    return Composition(
        api=WebhooksApi,
        service=service,
        routes=WebhooksRoutes(service, keys).routes(),
        limits=RateLimits(redis, SERVICE, keys),
        subscriptions=WebhooksConsumers(service).subscriptions(),
        loops=delivering(dispatcher, store, metrics),
        stop=stop,
    )


def _client() -> WebhookClient:
    """Requests that are signed as the store's profile says."""
    signer = Signer(signing_keys())
    return WebhookClient(
        signer,
        settings().public_url + _PROFILE,
        Resolver(),
        loopback=settings().allows_loopback_webhooks,
    )
