"""Prices of orders with those that the catalogue ever had.

The catalogue writes a price down before anybody can be shown it, so nothing is in flight here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.audit.books import Books
from deployments.catalog.records import CatalogRecords, Price
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.orders.contract import PlaceOrder
from deployments.orders.contract.order import OrderedItem

_UNKNOWN = "The catalogue was filled before its prices were written down: they are not checked."


class OrdersAndPrices:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def check(self) -> Findings:
        """Every order, if the catalogue knows which prices it had."""
        books = self._books
        if not await books.catalog.prices_are_complete():
            notes = (_UNKNOWN,) if (await books.catalog.contents()).products else ()
            return Findings({"orders": 0}, (), notes)
        count, wrong = await books.inspection.each(books.orders.ids(), self._orders)
        return Findings({"orders": count}, tuple(wrong))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        records = await self._books.orders.records(ids)
        orders = {id_: record.order for id_, record in records.items() if record.order}
        asked = {_price(item) for order in orders.values() for item in order.items}
        never = await self._books.catalog.never_had(asked)
        return suspects(
            (id_, prices_were_had(records[id_].key, order, never)) for id_, order in orders.items()
        )


def prices_were_had(key: str, order: PlaceOrder, never: set[Price]) -> Iterator[Discrepancy]:
    """Every line was bought at a price that the catalogue had for it."""
    for item in order.items:
        if _price(item) in never:
            what = f"{item.sku} was sold at {item.unit_price}, which it never cost."
            yield Discrepancy("price_never_had", (f"{key} {item.id}", CatalogRecords.PRICES), what)


def _price(item: OrderedItem) -> Price:
    return item.sku, item.unit_price
