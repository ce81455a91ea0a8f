"""Pricing's composition root. It has no public routes: other services call it."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.pricing.contract import PricingApi
from deployments.pricing.seed import seed
from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
) -> Composition:
    """Pricing upon its Redis."""
    service = PricingService(PricingStore(redis), clock)
    return Composition(api=PricingApi, service=service, seed=lambda: seed(service))
