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
from deployments.webhooks.resolver import AddressCheck, Resolver
from deployments.webhooks.routes import WebhooksRoutes
from deployments.webhooks.service import WebhooksService
from deployments.webhooks.signatures import Signer
from deployments.webhooks.store import SERVICE, WebhooksStore

_PROFILE = "/.well-known/ucp"
_REGISTERING_LOOKUPS, _REGISTERING_LOOKUPS_EACH = 16, 2
_DELIVERING_LOOKUPS, _DELIVERING_LOOKUPS_EACH = 64, 4


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    client: WebhookClient | None = None,
    check: AddressCheck | None = None,
    claim_seconds: float = CLAIM_SECONDS,
) -> Composition:
    """Webhooks upon its Redis and orders.

    `client` makes the requests and `check` holds URLs to the policy that are to be registered, if
    not as the settings say. After `claim_seconds` a process that is at a delivery counts as dead.
    """
    keys, metrics = platform_keys(), DeliveryMetrics(meter)
    store = WebhooksStore(redis, claim_seconds=claim_seconds)
    client = client or _client()
    dispatcher = Dispatcher(store, client, observer=metrics, clock=clock)
    orders = connect(OrdersApi, app="orders")
    check = check or _check(lookups=_REGISTERING_LOOKUPS, each=_REGISTERING_LOOKUPS_EACH)
    service = WebhooksService(store, client, orders, check, queued=dispatcher.wake, clock=clock)

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
        _check(lookups=_DELIVERING_LOOKUPS, each=_DELIVERING_LOOKUPS_EACH),
    )


def _check(*, lookups: int, each: int) -> AddressCheck:
    """A check with threads of its own, of which a platform occupies a few."""
    resolver = Resolver(lookups=lookups, each=each)
    return AddressCheck(resolver, loopback=settings().allows_loopback_webhooks)
