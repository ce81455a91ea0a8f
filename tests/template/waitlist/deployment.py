"""Waitlist's composition root."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.catalog.contract import CatalogApi
from deployments.foundation.events.trimming import trimming
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.inventory.contract import InventoryApi
from deployments.topology import subscribers_of
from tests.template.waitlist.consumers import WaitlistConsumers
from tests.template.waitlist.contract import WaitlistApi
from tests.template.waitlist.routes import WaitlistRoutes
from tests.template.waitlist.service import WaitlistService
from tests.template.waitlist.store import SERVICE, WaitlistStore


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
) -> Composition:
    """Waitlist upon its Redis, the catalogue and inventory."""
    keys = platform_keys()
    service = WaitlistService(
        WaitlistStore(redis),
        connect(CatalogApi, app="catalog"),
        connect(InventoryApi, app="inventory"),
        clock,
    )
    return Composition(
        api=WaitlistApi,
        service=service,
        routes=WaitlistRoutes(service, keys).routes(),
        limits=RateLimits(redis, SERVICE, keys),
        subscriptions=WaitlistConsumers(service).subscriptions(),
        loops=[trimming(SERVICE, redis, subscribers_of(SERVICE))],
    )
