"""Carts' composition root."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.carts.consumers import CartsConsumers
from deployments.carts.contract import CartsApi
from deployments.carts.contract.goods import RECENT_SECONDS, Goods
from deployments.carts.loops import abandonment
from deployments.carts.metrics import CartMetrics
from deployments.carts.routes import CartsRoutes
from deployments.carts.service import CartsService
from deployments.carts.store import SERVICE, CartsStore
from deployments.catalog.contract import CatalogApi
from deployments.foundation.events.loop import measuring
from deployments.foundation.events.trimming import trimming
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.inventory.contract import InventoryApi
from deployments.pricing.contract import PricingApi
from deployments.topology import subscribers_of

STOCK_SECONDS = PRICING_SECONDS = 1.0
"""How long a cart waits for the stock and the discounts it shows; without an answer it shows none,
and a write takes no longer than this."""


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    recent_seconds: float = RECENT_SECONDS,
) -> Composition:
    """Carts upon its Redis, the catalogue, inventory and pricing."""
    keys = platform_keys()
    service = CartsService(
        CartsStore(redis),
        Goods(
            connect(CatalogApi, app="catalog"),
            connect(InventoryApi, app="inventory", seconds=STOCK_SECONDS),
            seconds=recent_seconds,
            clock=clock,
        ),
        connect(PricingApi, app="pricing", seconds=PRICING_SECONDS),
        clock,
    )
    return Composition(
        api=CartsApi,
        service=service,
        routes=CartsRoutes(service, keys).routes(),
        limits=RateLimits(redis, SERVICE, keys),
        subscriptions=CartsConsumers(service).subscriptions(),
        loops=[
            abandonment(service),
            trimming(SERVICE, redis, subscribers_of(SERVICE)),
            measuring(SERVICE, CartMetrics(redis, meter).show),
        ],
    )
