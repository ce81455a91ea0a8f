"""Orders' composition root."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.events.trimming import trimming
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.orders.consumers import OrdersConsumers
from deployments.orders.contract import OrdersApi
from deployments.orders.keys import SERVICE
from deployments.orders.routes import OrdersRoutes
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore
from deployments.topology import subscribers_of


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    url: str | None = None,
) -> Composition:
    """Orders upon its Redis; orders' links begin with `url`, the store's public address."""
    keys = platform_keys()
    service = OrdersService(OrdersStore(redis), url or settings().public_url, clock)
    return Composition(
        api=OrdersApi,
        service=service,
        routes=OrdersRoutes(service, keys).routes(),
        limits=RateLimits(redis, SERVICE, keys),
        subscriptions=OrdersConsumers(service).subscriptions(),
        loops=[trimming(SERVICE, redis, subscribers_of(SERVICE))],
    )
