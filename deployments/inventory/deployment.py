"""Inventory's composition root. It has no public routes: other services call it."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.events.loop import measuring
from deployments.foundation.events.trimming import trimming
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.inventory.consumers import InventoryConsumers
from deployments.inventory.contract import InventoryApi
from deployments.inventory.loops import hold_expiry
from deployments.inventory.metrics import ReservationMetrics
from deployments.inventory.seed import seed
from deployments.inventory.service import InventoryService
from deployments.inventory.staff_store import StaffStockStore
from deployments.inventory.store import SERVICE, InventoryStore
from deployments.topology import subscribers_of


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
) -> Composition:
    """Inventory upon its Redis."""
    staff = StaffStockStore(redis)
    service = InventoryService(InventoryStore(redis), staff, clock)
    return Composition(
        api=InventoryApi,
        service=service,
        subscriptions=InventoryConsumers(service).subscriptions(),
        loops=[
            hold_expiry(service),
            trimming(SERVICE, redis, subscribers_of(SERVICE)),
            measuring(SERVICE, ReservationMetrics(redis, meter, clock).show),
        ],
        seed=lambda: seed(service),
        start=staff.file_levels,
    )
