"""Carts' composition root."""

from __future__ import annotations

from ray import serve
from redis.asyncio import Redis
from starlette.types import ASGIApp

from deployments.carts.consumers import CartsConsumers
from deployments.carts.contract import CartsApi
from deployments.carts.routes import CartsRoutes
from deployments.carts.service import CartsService
from deployments.carts.store import CartsStore
from deployments.catalog.contract import CatalogApi
from deployments.foundation.events.consuming import Consuming
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.handles import connect
from deployments.foundation.rpc.serving import Serving
from deployments.inventory.contract import InventoryApi
from deployments.pricing.contract import PricingApi

STOCK_SECONDS = PRICING_SECONDS = 1.0
"""How long a cart waits for the stock and the discounts it shows; without an answer it shows none,
and a write takes no longer than this."""


def service_on(redis: Redis) -> CartsService:
    """Carts' service among its dependencies."""
    return CartsService(
        CartsStore(redis),
        connect(CatalogApi, app="catalog"),
        connect(InventoryApi, app="inventory", seconds=STOCK_SECONDS),
        connect(PricingApi, app="pricing", seconds=PRICING_SECONDS),
    )


@serve.deployment
class CartsConsumer(Consuming):
    """One reader of the events that carts subscribes to, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it.
        redis = await connect_redis("carts")
        await self.consume("carts", redis, CartsConsumers(service_on(redis)).subscriptions())


@serve.deployment
@serve.ingress()
class Carts(Serving):
    """One replica of carts. The consumer's handle only makes Serve deploy both together."""

    async def __init__(self, _consumer: object) -> None:  # type: ignore[misc]  # Serve awaits it.
        self._keys = platform_keys()
        redis = await connect_redis("carts")
        self._limits = RateLimits(redis, "carts", self._keys)
        self._service = service_on(redis)
        self.expose(CartsApi, self._service, redis)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public routes, with this replica's state bound to them."""
        return http_app(CartsRoutes(self._service, self._keys).routes(), self._limits)


app = Carts.bind(CartsConsumer.bind())  # type: ignore[attr-defined]  # Serve's decorator adds it.
