"""Orders with inventory: what is reserved belongs to a saga, and what is sold was ordered.

Every reservation that sets units aside belongs to a saga that has not ended; every one that is
sold, to a placed order with exactly these units. The sums by SKU hold however old the orders are:
an order is placed before its units are committed, and they are committed before its saga ends. So
what was committed before the orders are read is among what they order, and what the orders of
ended sagas order is among what is committed after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from commands.audit.books import Books
from deployments.checkout.records import SagaRecord
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.foundation.audit.overdue import OVERDUE, in_words, moment
from deployments.inventory.records import SURELY_KEPT, InventoryRecords, ReservationRecord
from deployments.orders.contract import PlaceOrder
from deployments.orders.records import OrderRecord


class UnitsSold(NamedTuple):
    """Units by SKU: committed before and after the orders were read, and what these order.

    `settled` is the part whose sagas have ended.
    """

    before: Counter[str]
    after: Counter[str]
    ordered: Counter[str]
    settled: Counter[str]
    orders: int = 0


class OrdersAndStock:
    """The checks, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def sold(self) -> Findings:
        """Sum by SKU, and if something is wrong, sum once more."""
        sums = await self._sums()
        wrong = list(sold_is_ordered(sums))
        if wrong:
            await self._books.inspection.pause()
            wrong = [one for one in sold_is_ordered(await self._sums()) if one in wrong]
        return Findings({"SKUs sold": len(+sums.before), "orders": sums.orders}, tuple(wrong))

    async def _sums(self) -> UnitsSold:
        books = self._books
        before = await books.inventory.sold()
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
        return UnitsSold(before, await books.inventory.sold(), ordered, settled, count)

    async def reservations(self) -> Findings:
        """Every reservation with its saga and order, and every order with its reservation."""
        inspection, books = self._books.inspection, self._books
        _, wrong = await inspection.each(books.inventory.reservation_ids(), self._reservations)
        orders, missing = await inspection.each(books.orders.ids(), self._orders)
        return Findings({"orders": orders}, (*wrong, *missing))

    async def _reservations(self, ids: Sequence[str]) -> Suspects:
        now = await self._books.inspection.now(self._books.redis_of("checkout"))
        sagas = await self._books.checkout.sagas(ids)
        records = await self._books.inventory.reservations(ids)
        order_ids = {saga.order_id for saga in sagas.values()}
        orders = await self._books.orders.records(sorted(order_ids))
        return suspects(
            (
                id_,
                [
                    *reservation_has_its_saga(records[id_], saga, orders[saga.order_id]),
                    *units_are_not_held_long(records[id_], saga, now),
                ],
            )
            for id_, saga in sagas.items()
        )

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        placed = {id_: record.order for id_, record in orders.items() if record.order}
        reserved = [order.reservation_id for order in placed.values()]
        sagas = await self._books.checkout.sagas(reserved)
        records = await self._books.inventory.reservations(reserved)
        now = await self._books.inspection.now(self._books.redis_of("inventory"))
        return suspects(
            (id_, order_has_its_units(orders[id_], sagas[of], records[of], now))
            for id_, of in zip(placed, reserved, strict=True)
        )


def sold_is_ordered(sums: UnitsSold) -> Iterator[Discrepancy]:
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
    return f"{InventoryRecords.STOCK} {sku}"


def reservation_has_its_saga(
    reservation: ReservationRecord, saga: SagaRecord, order: OrderRecord
) -> Iterator[Discrepancy]:
    """`order` is the one that the saga places. One that is gone meanwhile is over."""
    keys = (reservation.key, saga.key)
    if reservation.state is None or saga.is_open:
        return
    fate = "there is no such saga" if saga.stage is None else f"the saga is {saga.stage}"
    if reservation.waits and saga.stage is None:
        # Units may be awaited for longer than a saga is on record.
        yield from units_are_ordered(reservation, order) if order.found else ()
    elif reservation.is_open:
        yield Discrepancy("left_open", keys, f"It is {reservation.state}, but {fate}.")
    elif reservation.state == "released" and saga.stage == "done":
        yield Discrepancy("released_but_placed", keys, "It was released, but the saga is done.")
    elif reservation.state == "committed" and saga.stage != "done":
        yield Discrepancy("sold_for_nothing", keys, f"Its units are sold, but {fate}.")
    elif reservation.state == "committed":
        yield from units_are_ordered(reservation, order)


def units_are_not_held_long(
    reservation: ReservationRecord, saga: SagaRecord, now: datetime
) -> Iterator[Discrepancy]:
    """Units that a saga holds are sold or given back as soon as a saga ends, which is soon."""
    held = now - moment(saga.started_at)
    if reservation.is_open and saga.is_open and held > OVERDUE:
        what = f"It is {reservation.state}, for a saga that is {saga.stage} after {in_words(held)}."
        yield Discrepancy("held_too_long", (reservation.key, saga.key), what)


def units_are_ordered(reservation: ReservationRecord, record: OrderRecord) -> Iterator[Discrepancy]:
    """What is sold is what was ordered."""
    keys, order = (reservation.key, record.key), record.order
    if order is None:
        if not record.found or record.withdrawn:
            state = "was withdrawn" if record.found else "does not exist"
            yield Discrepancy("sold_without_order", keys, f"Its units are sold, the order {state}.")
        return
    sold: Counter[str] = Counter()
    for taken in reservation.allocations or ():
        sold[taken.sku] += taken.quantity
    wanted = units_of(order)
    if reservation.allocations is not None and sold != wanted:
        what = f"{_said(sold)} are sold, {_said(wanted)} are ordered."
        yield Discrepancy("sold_units_differ", keys, what)


def units_of(order: PlaceOrder) -> Counter[str]:
    """Units of each SKU that an order has."""
    units: Counter[str] = Counter()
    for item in order.items:
        units[item.sku] += item.quantity
    return units


def order_has_its_units(
    order: OrderRecord, saga: SagaRecord, reservation: ReservationRecord, now: datetime
) -> Iterator[Discrepancy]:
    """A recent order whose saga has ended has its reservation still on record."""
    if saga.is_open or reservation.state is not None or order.listed_at is None:
        return
    if now.timestamp() - order.listed_at < SURELY_KEPT.total_seconds():
        keys = (order.key, reservation.key)
        yield Discrepancy("order_without_units", keys, "The order has no reservation.")


def _said(units: Counter[str]) -> str:
    return ", ".join(f"{n} of {sku}" for sku, n in sorted(units.items())) or "no units"
