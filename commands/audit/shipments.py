"""Shipments with the orders and reservations that they are made of.

Shipping makes all shipments of an order at once, when it has consumed that the order is paid and
that its units are committed, which is told when all of them are here. An order without shipments is
therefore no discrepancy while its saga is open, it waits for units, or one of these events is
outstanding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from commands.audit.books import Books
from commands.audit.subscriptions import Outstanding, outstanding
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.inventory.events import StockCommitted
from deployments.inventory.records import ReservationRecord
from deployments.orders.contract import PlaceOrder
from deployments.orders.events import OrderPaid
from deployments.orders.records import OrderRecord
from deployments.shipping.records import Shipment, ShipmentRecord


class ShipmentsAndOrders:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._late: set[str] = set()
        """Orders that are to be split into shipments yet."""

    async def check(self) -> Findings:
        """Every shipment, and every order that is paid."""
        inspection, books = self._books.inspection, self._books
        _, wrong = await inspection.each(books.shipments.ids(), self._shipments)
        orders, missing = await inspection.each(books.orders.ids(), self._orders)
        counts = {"orders": orders, "under way": len(self._late)}
        return Findings(counts, (*wrong, *missing))

    async def _shipments(self, ids: Sequence[str]) -> Suspects:
        records = await self._books.shipments.records(ids)
        made = {id_: record.shipment for id_, record in records.items() if record.shipment}
        named = sorted({shipment.order_id for shipment in made.values()})
        orders = await self._books.orders.records(named)
        reserved = sorted({shipment.reservation_id for shipment in made.values()})
        reservations = await self._books.inventory.reservations(reserved)
        return suspects(
            (
                id_,
                [
                    *shipment_has_its_order(records[id_].key, one, orders[one.order_id]),
                    *shipment_has_its_units(
                        records[id_].key, one, reservations[one.reservation_id]
                    ),
                ],
            )
            for id_, one in made.items()
        )

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        first = await self._split(ids, Outstanding())
        if not first:
            return {}
        # Only now, because there may be much that is outstanding.
        return await self._split(list(first))

    async def _split(self, ids: Sequence[str], waiting: Outstanding | None = None) -> Suspects:
        """Paid orders that are not in shipments, each unit once."""
        records = await self._books.orders.records(ids)
        orders = {id_: one.order for id_, one in records.items() if one.order and one.paid}
        sagas = await self._books.checkout.sagas([one.reservation_id for one in orders.values()])
        if waiting is None:
            waiting = await outstanding(self._books.redis_of, "shipping")
        listed = await self._books.shipments.of_orders(list(orders))
        made = await self._books.shipments.records([one for ids in listed.values() for one in ids])
        unsplit = [order.reservation_id for id_, order in orders.items() if not listed[id_]]
        reserved = await self._books.inventory.reservations(unsplit)
        found: Suspects = {}
        for id_, order in orders.items():
            if listed[id_]:
                parts = {one: made[one] for one in listed[id_]}
                found[id_] = [*order_is_split(records[id_].key, order, parts)]
            elif reserved[order.reservation_id].waits:
                self._late.add(id_)
            elif not sagas[order.reservation_id].is_open:
                found[id_] = [*self._not_split(records[id_].key, id_, order, waiting)]
        return suspects(found.items())

    def _not_split(
        self, key: str, id_: str, order: PlaceOrder, waiting: Outstanding
    ) -> Iterator[Discrepancy]:
        paid = waiting.has(OrderPaid, id_)
        if paid or waiting.has(StockCommitted, order.reservation_id):
            self._late.add(id_)
        else:
            yield Discrepancy("not_shipped", (key,), "It is paid, but nothing will be shipped.")


def shipment_has_its_order(
    key: str, shipment: Shipment, order: OrderRecord
) -> Iterator[Discrepancy]:
    """A shipment belongs to an order that is paid and has its reservation."""
    keys = (key, order.key)
    if not order.found or order.withdrawn:
        state = "was withdrawn" if order.found else "does not exist"
        yield Discrepancy("shipment_without_order", keys, f"Its order {state}.")
    elif not order.paid:
        yield Discrepancy("shipment_not_paid", keys, "Its order is not paid.")
    if order.placed is not None and order.placed.reservation_id != shipment.reservation_id:
        what = f"Its order's reservation is {order.placed.reservation_id}."
        yield Discrepancy("shipment_of_another_reservation", keys, what)


def shipment_has_its_units(
    key: str, shipment: Shipment, reservation: ReservationRecord
) -> Iterator[Discrepancy]:
    """While the reservation is on record: it sold these units, at this location."""
    if reservation.state is None or reservation.allocations is None:
        return
    sold, carried = Counter[str](), Counter[str]()
    for taken in reservation.allocations:
        if reservation.state == "committed" and taken.location_id == shipment.location_id:
            sold[taken.sku] += taken.quantity
    for line in shipment.lines:
        carried[line.sku] += line.quantity
    if sold != carried:
        what = f"It carries {_said(carried)}, sold there are {_said(sold)}."
        yield Discrepancy("shipment_units_differ", (key, reservation.key), what)


def order_is_split(
    key: str, order: PlaceOrder, parts: Mapping[str, ShipmentRecord]
) -> Iterator[Discrepancy]:
    """Every unit of every line is in exactly one of the order's shipments."""
    missing = [record.key for record in parts.values() if not record.found]
    for shipment in missing:
        yield Discrepancy("shipment_missing", (key, shipment), "There is no such shipment.")
    shipments = [record.shipment for record in parts.values() if record.shipment]
    if len(shipments) < len(parts):
        return
    ordered = Counter({(item.id, item.sku): item.quantity for item in order.items})
    shipped: Counter[tuple[str, str]] = Counter()
    for line in (line for shipment in shipments for line in shipment.lines):
        shipped[line.line_id, line.sku] += line.quantity
    if ordered != shipped:
        of_lines = [
            Counter({f"{line} ({sku})": n for (line, sku), n in units.items()})
            for units in (shipped, ordered)
        ]
        what = f"In shipments are {_said(of_lines[0])}, ordered {_said(of_lines[1])}."
        yield Discrepancy("order_split_wrongly", (key,), what)


def _said(units: Counter[str]) -> str:
    return ", ".join(f"{n} of {name}" for name, n in sorted(units.items())) or "nothing"
