"""A shop whose imports a test works at, step by step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

from deployments.backoffice.formats.items import ImportKind, RefusedRow
from deployments.backoffice.imports.codes import CodeEffect
from deployments.backoffice.imports.desk import ImportDesk
from deployments.backoffice.imports.effects import Effect
from deployments.backoffice.imports.pace import Pace
from deployments.backoffice.imports.prices import PriceEffect
from deployments.backoffice.imports.products import ProductEffect
from deployments.backoffice.imports.run import ImportRun
from deployments.backoffice.imports.stock import StockEffect
from deployments.backoffice.imports.store import ImportStore
from deployments.backoffice.imports.worker import ImportWorker
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import GetDocument, ListProducts, ProductDocument
from deployments.foundation.events.publishing import streams_of
from deployments.foundation.placement.host import Host
from deployments.foundation.values.authorship import Author
from deployments.foundation.values.clock import utc_now
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.levels import GetLevels
from deployments.pricing.contract import PricingApi
from deployments.topology import BY_NAME
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.in_process import composed

ADA = Author(kind="person", id="ada@example.org", name="Ada")
SKU = "TI-M267"
AT = 6
"""Where some of it lies."""


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


def unhurried() -> Pace:
    """A pace that does not rest."""
    return Pace(sleep=_at_once)


class Shop:
    """A store in one process that does nothing by itself, and the imports of its back office."""

    def __init__(self, redis_of: ClientOf, services: Sequence[str] = tuple(BY_NAME)) -> None:
        self.host: Host = composed(redis_of, services)
        self.catalog = self.host.connect(CatalogApi, app="catalog")
        self.inventory = self.host.connect(InventoryApi, app="inventory")
        self.pricing = self.host.connect(PricingApi, app="pricing")
        self._redis_of = redis_of
        self.redis = redis_of("backoffice")
        self.store = ImportStore(self.redis)
        self.desk = ImportDesk(self.store, utc_now)

    def effects(self, **others: Effect[Any]) -> Mapping[ImportKind, Effect[Any]]:
        """What imports do; a test may put something in between."""
        known = self.effects_upon(self.catalog, self.inventory)
        return {kind: others.get(kind, effect) for kind, effect in known.items()}

    def effects_upon(
        self, catalog: CatalogApi, inventory: InventoryApi
    ) -> dict[ImportKind, Effect[Any]]:
        """What imports do, upon services that a test may watch."""
        return {
            "products": ProductEffect(catalog),
            "prices": PriceEffect(catalog),
            "stock": StockEffect(inventory, catalog),
            "codes": CodeEffect(self.pricing),
        }

    def impatient(self) -> ImportStore:
        """The store of workers whose leases lapse at once, so that others may overtake them."""
        return ImportStore(self.redis, lease_seconds=0)

    def worker(self, **others: Effect[Any]) -> ImportWorker:
        """Somebody who works at imports, in a replica of his own."""
        return ImportWorker(self.store, self.effects(**others), pace=unhurried)

    async def begin(
        self, kind: ImportKind, content: str | bytes, *, again: bool = False
    ) -> ImportRun:
        """Hand a file in; nobody works at it yet."""
        body = content.encode() if isinstance(content, str) else content

        async def chunks() -> AsyncIterator[bytes]:
            yield body

        run, _ = await self.desk.hand_in(kind, "file.csv", ADA, chunks(), again=again)
        return run

    async def hand_in(
        self, kind: ImportKind, content: str | bytes, *, again: bool = False
    ) -> ImportRun:
        """Hand a file in, and have it compared."""
        run = await self.begin(kind, content, again=again)
        await self.work()
        return await self.desk.get(kind, run.id)

    async def work(self) -> None:
        """Do what is to be done."""
        while await self.worker().tick():
            pass

    async def run(self, run: ImportRun) -> ImportRun:
        """Have an import take effect, to its end."""
        await self.desk.run(run.kind, run.id, ADA, "spring")
        await self.work()
        return await self.desk.get(run.kind, run.id)

    async def imported(self, kind: ImportKind, content: str | bytes) -> ImportRun:
        """Hand a file in, and have it take effect."""
        return await self.run(await self.hand_in(kind, content))

    async def document(self, id_: str = SKU) -> ProductDocument:
        """A product as it is."""
        return await self.catalog.document(GetDocument(id=id_))

    async def refresh(self) -> None:
        """Wait until lists tell of what was saved last."""

        async def told() -> bool:
            wanted = ListProducts(text="odd", state="draft")
            return (await self.catalog.list_products(wanted)).total > 0

        await eventually(told)

    async def price(self, sku: str = SKU) -> int:
        """What a SKU costs."""
        product = (await self.document(sku)).product
        return next(one.price for one in product.variants if one.sku == sku)

    async def on_hand(self, sku: str = SKU) -> dict[int, int]:
        """What lies at each location."""
        found = await self.inventory.levels(GetLevels(skus=(sku,)))
        return {one.location_id: one.on_hand for one in found.levels}

    async def changes_of(self, service: str) -> list[dict[str, Any]]:
        """What events of a service tell of changes, as the audit log takes them."""
        redis, found = self._redis_of(service), list[dict[str, Any]]()
        for stream in streams_of(service):
            for _, entry in cast(list[tuple[str, dict[str, str]]], await redis.xrange(stream)):
                data = json.loads(entry["event"])["data"]
                found += [data["change"]] if data.get("change") else []
        return found

    async def refused(self, run: ImportRun) -> Sequence[RefusedRow]:
        """The rows that were refused."""
        return await self.desk.refused(run.id)


def csv_of(*rows: Sequence[object]) -> str:
    """Rows without anything that needs quotation marks."""
    return "".join(",".join(str(cell) for cell in row) + "\r\n" for row in rows)
