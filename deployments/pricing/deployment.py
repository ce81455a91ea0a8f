"""Pricing's composition root. It has no public routes: other services call it."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.events.trimming import trimming
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.pricing.contract import PricingApi
from deployments.pricing.seed import seed
from deployments.pricing.service import PricingService
from deployments.pricing.staff_store import StaffPricingStore
from deployments.pricing.store import SERVICE, PricingStore
from deployments.topology import subscribers_of


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
) -> Composition:
    """Pricing upon its Redis."""
    service = PricingService(PricingStore(redis), StaffPricingStore(redis), clock)
    return Composition(
        api=PricingApi,
        service=service,
        loops=[trimming(SERVICE, redis, subscribers_of(SERVICE))],
        seed=lambda: seed(service),
    )
