"""Units that are sold against the orders, summed by SKU, however old the orders are.

An order is placed before its units are committed, and they are committed before its saga ends. So
what was committed before the orders are read is among what they order, and what the orders of
ended sagas order is among what is committed after: both hold while the store sells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.reservations import units_of
from deployments.inventory.domain.ledger import Stock
from deployments.inventory.domain.stock import SOLD
from deployments.inventory.store import InventoryStore

Units = Counter[str]


class Sums(NamedTuple):
    """Units by SKU: committed before and after the orders were read, and what these order.

    `settled` is the part whose sagas have ended.
    """

    before: Units
    after: Units
    ordered: Units
    settled: Units
    orders: int = 0


async def check(books: Books) -> Findings:
    """Sum, and if something is wrong, sum once more."""
    sums = await _sums(books)
    wrong = list(sold_is_ordered(sums))
    if wrong:
        await books.pause()
        wrong = [one for one in sold_is_ordered(await _sums(books)) if one in wrong]
    return Findings({"SKUs sold": len(+sums.before), "orders": sums.orders}, tuple(wrong))


async def _sums(books: Books) -> Sums:
    before = sold_units(await books.inventory.stock())
    ordered, settled, count = Counter[str](), Counter[str](), 0
    async for ids in books.orders.ids():
        records = await books.orders.records(ids)
        placed = [record.order for record in records.values() if record.order]
        sagas = await books.checkout.sagas([order.reservation_id for order in placed])
        for order in placed:
            ordered.update(units_of(order))
            if not sagas[order.reservation_id].is_open:
                settled.update(units_of(order))
        count += len(placed)
    return Sums(before, sold_units(await books.inventory.stock()), ordered, settled, count)


def sold_units(stock: Stock) -> Units:
    """Units of each SKU that are sold, shipped or not, all locations together."""
    units: Units = Counter()
    for (sku, _, state), quantity in stock.items():
        units[sku] += quantity if state in SOLD else 0
    return units


def sold_is_ordered(sums: Sums) -> Iterator[Discrepancy]:
    """No unit is sold that was not ordered, and none ordered for good that is not sold."""
    for sku, units in _more(sums.before, sums.ordered):
        what = f"{units} units are sold, only {sums.ordered[sku]} are ordered."
        yield Discrepancy("sold_but_not_ordered", (_stock_of(sku),), what)
    for sku, units in _more(sums.settled, sums.after):
        what = f"{units} units are ordered, only {sums.after[sku]} are sold."
        yield Discrepancy("ordered_but_not_sold", (_stock_of(sku),), what)


def _more(these: Mapping[str, int], those: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    return ((sku, n) for sku, n in sorted(these.items()) if n > those.get(sku, 0))


def _stock_of(sku: str) -> str:
    return f"{InventoryStore.STOCK} {sku}"
