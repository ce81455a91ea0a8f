"""A small shop for tests: its products, its dependency, and replicas of the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redis.asyncio import Redis

from deployments.catalog.contract import ImportProducts, OptionValue, Product, Variant
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, client_of
from deployments.foundation.rpc.contracts import methods_of
from deployments.inventory.contract import Availability, InventoryApi


def variant(sku: str, price: int, *, color: str | None = None, size: str | None = None) -> Variant:
    options = [("Color", color), ("Size", size)]
    return Variant(
        id=f"variant-{sku}",
        sku=sku,
        product_id="",
        title=" ".join(part for part in ("Thing", color, size) if part),
        price=price,
        options=tuple(OptionValue(name=name, label=label) for name, label in options if label),
    )


def product(
    id_: str,
    *variants: Variant,
    title: str = "Thing",
    description: str = "A thing.",
    categories: tuple[str, ...] = ("Things", "Small Things"),
) -> Product:
    mine = tuple(each.model_copy(update={"product_id": id_}) for each in variants)
    return Product(
        id=id_, title=title, description=description, categories=categories, variants=mine
    )


SHIRT = product(
    "shirt",
    variant("S-RED-M", 2000, color="Red", size="M"),
    variant("S-RED-L", 2200, color="Red", size="L"),
    variant("S-BLUE-M", 2500, color="Blue", size="M"),
    title="Running Shirt",
    description="A light shirt for runners.",
    categories=("Clothing", "Shirts"),
)
"""Blue comes in M only."""
BOTTLE = product(
    "bottle",
    variant("B-1", 499),
    title="Water Bottle",
    description="A bottle for any bicycle.",
    categories=("Accessories",),
)


class Stock:
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


class Catalog:
    """One replica of the catalogue's service, on a Redis that others may share."""

    def __init__(self, redis: Redis, stock: Stock, *, reload_seconds: float = 30.0) -> None:
        self.store = CatalogStore(redis)
        self.snapshot = LiveSnapshot(self.store, reload_seconds=reload_seconds)
        self.stock = stock
        self.service = CatalogService(self.store, self.snapshot, client_of(InventoryApi, stock))

    async def sells(self, *products: Product, batch: str = "first") -> None:
        """Import products, and wait until this replica shows them."""
        await self.service.import_products(ImportProducts(batch=batch, products=products))
        ids = {each.id for each in products}
        await eventually(lambda: ids <= self.snapshot.assortment.products.keys())


async def eventually(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Give other tasks their turn until something holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - whatever it is about sets no event.
            await asyncio.sleep(0.001)
