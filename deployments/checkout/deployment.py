"""Checkout's composition root."""

from __future__ import annotations

from ray import serve
from starlette.types import ASGIApp

from deployments.carts.contract import CartsApi
from deployments.catalog.contract import CatalogApi
from deployments.checkout.contract import CheckoutApi
from deployments.checkout.quote import Quoter
from deployments.checkout.routes import CheckoutRoutes
from deployments.checkout.saga import Driver
from deployments.checkout.service import CheckoutService
from deployments.checkout.steps import Steps
from deployments.checkout.store import CheckoutStore
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.handles import connect
from deployments.foundation.rpc.serving import Serving
from deployments.inventory.contract import InventoryApi
from deployments.orders.contract import OrdersApi
from deployments.payments.contract import PaymentsApi
from deployments.pricing.contract import PricingApi
from deployments.shipping.contract import ShippingApi

_STOCK_SECONDS = 1.0
"""How long a quote waits for the stock it shows; completing reserves it, whatever was shown."""


@serve.deployment
@serve.ingress()
class Checkout(Serving):
    """One replica of checkout."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it.
        self._keys = platform_keys()
        redis = await connect_redis("checkout")
        self._limits = RateLimits(redis, "checkout", self._keys)
        store = CheckoutStore(redis)
        pricing = connect(PricingApi, app="pricing")
        steps = Steps(
            connect(InventoryApi, app="inventory"),
            pricing,
            connect(PaymentsApi, app="payments"),
            connect(OrdersApi, app="orders"),
        )
        quoter = Quoter(
            connect(CatalogApi, app="catalog"),
            connect(InventoryApi, app="inventory", seconds=_STOCK_SECONDS),
            connect(ShippingApi, app="shipping"),
            pricing,
        )
        carts = connect(CartsApi, app="carts")
        self._service = CheckoutService(store, carts, quoter, Driver(store, steps))
        self.expose(CheckoutApi, self._service, redis)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public routes, with this replica's state bound to them."""
        return http_app(CheckoutRoutes(self._service, self._keys).routes(), self._limits)


app = Checkout.bind()  # type: ignore[attr-defined]  # The decorator's type is unknown.
