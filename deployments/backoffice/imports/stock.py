"""Stock takes effect: counts, deliveries and corrections, each row once under a key of its own."""

from __future__ import annotations

from deployments.backoffice.formats.items import RowRefusedError, StockItem
from deployments.backoffice.imports.effects import Comparison, Doing
from deployments.backoffice.imports.run import Outcome
from deployments.backoffice.language import message
from deployments.catalog.contract import CatalogApi, ResolveItems
from deployments.catalog.contract.documents import GetDocument, UnknownProduct
from deployments.foundation.values.authorship import Author, Reason
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import (
    AdjustedUnits,
    AdjustStock,
    CountedUnits,
    CountStock,
    ReceiveDelivery,
    ReceivedUnits,
)
from deployments.inventory.contract.levels import GetLevels, ListLocations


class StockEffect:
    """Implements `Effect`, upon inventory, and the catalogue, which knows what is sold."""

    def __init__(self, inventory: InventoryApi, catalog: CatalogApi) -> None:
        self._inventory, self._catalog = inventory, catalog

    async def compare(self, item: StockItem) -> Comparison:
        """What would lie at the location. The digest is the number that lies there now."""
        await self._check(item)
        found = await self._inventory.levels(GetLevels(skus=(item.sku,)))
        here = (one for one in found.levels if one.location_id == item.location_id)
        now = next((one.on_hand for one in here), 0)
        counted = item.action == "count"
        after = item.number if counted else now + item.number
        expected = now if item.expected is None else item.expected
        same: bool = counted and after == now == expected
        before = {"on_hand": now}
        subject = f"{item.sku} @ {item.location_id}"
        outcome: Outcome = "same" if same else "changed"
        return Comparison(subject, outcome, {**before}, {"on_hand": after}, str(now))

    async def take(self, item: StockItem, digest: str, doing: Doing) -> Outcome:
        """Book the row. Under its key it has one effect, however often it is sent."""
        key = f"import:{doing.import_id}:{item.row}"
        if item.action == "count":
            expected = int(digest) if item.expected is None else item.expected
            if item.number == expected == int(digest):
                return "same"
            await self._count(item, key, expected, doing)
        elif item.action == "receive":
            await self._inventory.receive_delivery(_delivery(item, key, doing.author, doing.reason))
        else:
            await self._inventory.adjust(_correction(item, key, doing.author, doing.reason))
        return "changed"

    async def _count(self, item: StockItem, key: str, expected: int, doing: Doing) -> None:
        row = CountedUnits(
            sku=item.sku, location_id=item.location_id, counted=item.number, expected=expected
        )
        sent = CountStock(key=key, author=doing.author, reason=doing.reason, rows=(row,))
        await self._inventory.count(sent)

    async def _check(self, item: StockItem) -> None:
        """Refuses a location that nobody has named, and a SKU of which the catalogue knows nothing:
        inventory keeps units of whatever it is told."""
        found = await self._inventory.locations(ListLocations())
        if all(one.id != item.location_id for one in found.locations):
            raise RowRefusedError(
                message("There is no location %(number)s. Name it first."), number=item.location_id
            )
        resolved = await self._catalog.resolve(ResolveItems(ids=(item.sku,)))
        if item.sku in resolved.items and resolved.items[item.sku].sku == item.sku:
            return
        try:
            document = await self._catalog.document(GetDocument(id=item.sku))
        except UnknownProduct:
            raise _unknown(item.sku) from None
        if all(one.sku != item.sku for one in document.product.variants):
            raise _unknown(item.sku)


def _unknown(sku: str) -> RowRefusedError:
    return RowRefusedError(message("The catalogue has no SKU %(sku)s."), sku=sku)


def _delivery(item: StockItem, key: str, author: Author, reason: Reason) -> ReceiveDelivery:
    row = ReceivedUnits(sku=item.sku, location_id=item.location_id, quantity=item.number)
    return ReceiveDelivery(key=key, author=author, reason=reason, rows=(row,))


def _correction(item: StockItem, key: str, author: Author, reason: Reason) -> AdjustStock:
    row = AdjustedUnits(sku=item.sku, location_id=item.location_id, by=item.number)
    return AdjustStock(key=key, author=author, reason=reason, rows=(row,))
