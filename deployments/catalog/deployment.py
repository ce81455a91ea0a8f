"""The catalogue's composition root."""

from __future__ import annotations

from ray import serve
from starlette.types import ASGIApp

from deployments.catalog.contract import CatalogApi
from deployments.catalog.routes import CatalogRoutes
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import SERVICE, CatalogStore
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.handles import connect
from deployments.foundation.rpc.serving import Serving
from deployments.inventory.contract import InventoryApi

_STOCK_SECONDS = 0.5
"""A shopper would rather see products without their availability than wait for it."""


@serve.deployment
@serve.ingress()
class Catalog(Serving):
    """One replica of the catalogue."""

    _snapshot: LiveSnapshot | None = None

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it.
        redis = await connect_redis(SERVICE)
        # Open to everyone, so no key is asked for or looked at: only an address is counted.
        self._limits = RateLimits(redis, SERVICE, keys={})
        store = CatalogStore(redis)
        self._snapshot = replica = LiveSnapshot(store)
        await replica.start()
        inventory = connect(InventoryApi, app="inventory", seconds=_STOCK_SECONDS)
        self._service = CatalogService(store, replica, inventory)
        self.expose(CatalogApi, self._service, redis)

    async def check_health(self) -> None:
        """Raises when Redis does not answer, or the copy is not kept fresh any more."""
        if self._snapshot is not None:
            self._snapshot.check()
        await super().check_health()

    async def __del__(self) -> None:
        if self._snapshot is not None:
            await self._snapshot.stop()
        await super().__del__()

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The public routes, with this replica's state bound to them."""
        return http_app(CatalogRoutes(self._service).routes(), self._limits)


app = Catalog.bind()  # type: ignore[attr-defined]  # The decorator's type is unknown.
