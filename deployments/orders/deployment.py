"""Orders as a Serve application under `/orders`."""

from __future__ import annotations

from ray import serve
from redis.asyncio import Redis
from starlette.types import ASGIApp

from deployments.foundation.events.consuming import Consuming
from deployments.foundation.http.authentication import platform_keys
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.serving import Serving
from deployments.foundation.values.settings import public_url
from deployments.orders.consumers import OrdersConsumers
from deployments.orders.contract import OrdersApi
from deployments.orders.routes import OrdersRoutes
from deployments.orders.service import OrdersService
from deployments.orders.store import OrdersStore


def service_on(redis: Redis) -> OrdersService:
    """Orders' service, which needs no dependencies."""
    return OrdersService(OrdersStore(redis), public_url())


@serve.deployment
class OrdersConsumer(Consuming):
    """One reader of the events that orders follows, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it.
        redis = await connect_redis("orders")
        await self.consume("orders", redis, OrdersConsumers(service_on(redis)).subscriptions())


@serve.deployment
@serve.ingress()
class Orders(Serving):
    """One replica of orders. The consumer's handle only makes Serve deploy both together."""

    async def __init__(self, _consumer: object) -> None:  # type: ignore[misc]  # Serve awaits it.
        self._keys = platform_keys()
        redis = await connect_redis("orders")
        self._limits = RateLimits(redis, "orders", self._keys)
        self._service = service_on(redis)
        self.expose(OrdersApi, self._service, redis)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public route, with this replica's state bound to it."""
        return http_app(OrdersRoutes(self._service, self._keys).routes(), self._limits)


app = Orders.bind(OrdersConsumer.bind())  # type: ignore[attr-defined]  # Serve's decorator adds it.
