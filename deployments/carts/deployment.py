"""Carts' composition root."""

from __future__ import annotations

from ray import serve
from starlette.types import ASGIApp

from deployments.carts.contract import CartsApi
from deployments.carts.routes import CartsRoutes
from deployments.carts.service import CartsService
from deployments.carts.store import CartsStore
from deployments.catalog.contract import CatalogApi
from deployments.foundation.authentication import platform_keys
from deployments.foundation.edge import http_app
from deployments.foundation.handles import connect
from deployments.foundation.rate_limits import RateLimits
from deployments.foundation.redis import connect_redis
from deployments.foundation.serving import Serving
from deployments.inventory.contract import InventoryApi
from deployments.pricing.contract import PricingApi

STOCK_SECONDS = 1.0
"""How long a cart waits for the stock it shows; without an answer it shows none."""


@serve.deployment
@serve.ingress()
class Carts(Serving):
    """One replica of carts."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it.
        self._keys = platform_keys()
        redis = await connect_redis("carts")
        self._limits = RateLimits(redis, "carts", self._keys)
        self._service = CartsService(
            CartsStore(redis),
            connect(CatalogApi, app="catalog"),
            connect(InventoryApi, app="inventory", seconds=STOCK_SECONDS),
            connect(PricingApi, app="pricing"),
        )
        self.expose(CartsApi, self._service, redis)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public routes, with this replica's state bound to them."""
        return http_app(CartsRoutes(self._service, self._keys).routes(), self._limits)


app = Carts.bind()  # type: ignore[attr-defined]  # The decorator's type is unknown.
