"""Shipping's composition root. It has no public routes: other services call it."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.events.trimming import trimming
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.shipping.carrier import Carriers
from deployments.shipping.consumers import ShippingConsumers
from deployments.shipping.contract import ShippingApi
from deployments.shipping.loops import shipment_tracking
from deployments.shipping.sandbox import SandboxCarrier
from deployments.shipping.seed import seed
from deployments.shipping.service import ShippingService
from deployments.shipping.shipment_store import SERVICE
from deployments.shipping.store import ShippingStore
from deployments.topology import subscribers_of


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    carriers: Carriers | None = None,
) -> Composition:
    """Shipping upon its Redis; the carrier is the sandbox, unless others are given."""
    service = ShippingService(ShippingStore(redis), clock, carriers or _sandbox(clock))
    return Composition(
        api=ShippingApi,
        service=service,
        subscriptions=ShippingConsumers(service).subscriptions(),
        loops=[shipment_tracking(service), trimming(SERVICE, redis, subscribers_of(SERVICE))],
        seed=lambda: seed(service),
    )


def _sandbox(clock: Clock) -> Carriers:
    """The carriers that this store works with."""
    seconds = settings().sandbox_dispatch_seconds, settings().sandbox_delivery_seconds
    return Carriers([SandboxCarrier(*seconds, clock)])
