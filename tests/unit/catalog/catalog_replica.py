"""Replicas of the catalogue, and the inventory that they ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

from redis.asyncio import Redis

from deployments.catalog.contract import ImportProducts, Product
from deployments.catalog.deployment import compose
from deployments.catalog.index import SearchIndex
from deployments.catalog.live_index import Build
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, client_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.inventory.contract import Availability, InventoryApi
from tests.clock import ManualClock

Api = TypeVar("Api")
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


class StockTransport:
    """An inventory behind the seam, of which only `availability` is reached."""

    def __init__(self, **units: int) -> None:
        self.units = {sku.replace("_", "-"): count for sku, count in units.items()}
        self.away = False
        self.calls = 0

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        self.calls += 1
        spec = methods_of(InventoryApi)["availability"]
        if self.away or method != spec.name or seconds <= 0:
            raise DependencyUnavailable("inventory", "it is away")
        skus: tuple[str, ...] = spec.request.validate_json(body).skus
        units = {sku: self.units.get(sku, 0) for sku in skus}
        return "ok", spec.answer.dump_json(Availability(units=units))


class CatalogReplica:
    """One replica of the catalogue's service, on a Redis that others may share."""

    def __init__(
        self,
        redis: Redis,
        stock: StockTransport,
        *,
        reload_seconds: float = 30.0,
        build: Build = SearchIndex,
    ) -> None:
        self.clock = ManualClock(NOW)
        self.store = CatalogStore(redis)
        self.snapshot = LiveSnapshot(self.store, reload_seconds=reload_seconds, build=build)
        self.stock = stock
        composed = compose(
            redis, self._connect, clock=self.clock, snapshot=self.snapshot, stock_seconds=0.0
        )
        self.service, self.routes = cast(CatalogService, composed.service), composed.routes

    def _connect(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        return client_of(api, self.stock, app=app, seconds=seconds)

    async def sells(self, *products: Product, batch: str = "first") -> None:
        """Import products, and wait until this replica shows them."""
        await self.service.import_products(ImportProducts(batch=batch, products=products))
        ids = {each.id for each in products}
        await eventually(lambda: ids <= self.snapshot.assortment.products.keys())


async def eventually(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Give other tasks their turn until something holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - whatever it is about sets no event.
            await asyncio.sleep(0.001)
