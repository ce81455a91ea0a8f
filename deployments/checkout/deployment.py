"""Checkout's composition root."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.carts.contract import CartsApi
from deployments.carts.contract.goods import RECENT_SECONDS, Goods
from deployments.catalog.contract import CatalogApi
from deployments.checkout.contract import CheckoutApi
from deployments.checkout.loops import saga_recovery
from deployments.checkout.metrics import PurchaseMetrics, SagaMetrics
from deployments.checkout.quote import Quoter
from deployments.checkout.routes import CheckoutRoutes
from deployments.checkout.saga import Driver
from deployments.checkout.saga_store import SagaStore
from deployments.checkout.service import CheckoutService
from deployments.checkout.steps import Steps
from deployments.checkout.store import SERVICE, CheckoutStore
from deployments.foundation.events.loop import measuring
from deployments.foundation.events.trimming import trimming
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.inventory.contract import InventoryApi
from deployments.orders.contract import OrdersApi
from deployments.payments.contract import PaymentsApi
from deployments.pricing.contract import PricingApi
from deployments.shipping.contract import ShippingApi
from deployments.topology import subscribers_of

STOCK_SECONDS = 1.0
"""How long a quote waits for the stock it shows; completing reserves it, whatever was shown."""


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    recent_seconds: float = RECENT_SECONDS,
) -> Composition:
    """Checkout upon its Redis and all that a purchase needs."""
    keys, store = platform_keys(), CheckoutStore(redis)
    carts = connect(CartsApi, app="carts")
    goods = Goods(
        connect(CatalogApi, app="catalog"),
        connect(InventoryApi, app="inventory", seconds=STOCK_SECONDS),
        seconds=recent_seconds,
        clock=clock,
    )
    quoter = Quoter(
        goods,
        connect(ShippingApi, app="shipping"),
        connect(PricingApi, app="pricing"),
        seconds=recent_seconds,
        clock=clock,
    )
    driver = Driver(SagaStore(redis, PurchaseMetrics(meter)), _steps(connect, goods), clock)
    service = CheckoutService(store, carts, quoter, driver, clock)
    return Composition(
        api=CheckoutApi,
        service=service,
        routes=CheckoutRoutes(service, keys).routes(),
        limits=RateLimits(redis, SERVICE, keys),
        loops=[
            saga_recovery(service),
            trimming(SERVICE, redis, subscribers_of(SERVICE)),
            measuring(SERVICE, SagaMetrics(redis, meter, clock).show),
        ],
    )


def _steps(connect: Connect, goods: Goods) -> Steps:
    return Steps(
        goods,
        connect(InventoryApi, app="inventory"),
        connect(PricingApi, app="pricing"),
        connect(PaymentsApi, app="payments"),
        connect(OrdersApi, app="orders"),
    )
