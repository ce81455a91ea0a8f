"""Reservations against the sagas that made them, and what is sold against the orders.

Every reservation that sets units aside belongs to a saga that has not ended; every one that is
sold, to a placed order with exactly these units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from deployments.checkout.records import SagaRecord
from deployments.inventory.contract import StockLine
from deployments.inventory.domain.stock import summed
from deployments.inventory.records import ReservationRecord
from deployments.orders.contract import PlaceOrder
from deployments.orders.store import OrderRecord

KEPT = timedelta(days=6)
"""A reservation that is over is kept for a week; until a day before, its order must have it."""


class Reservations:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def check(self) -> Findings:
        """Every reservation, and every order."""
        books = self._books
        count, wrong = await inspect(books.reservations.ids(), self._reservations, books)
        orders, missing = await inspect(books.orders.ids(), self._orders, books)
        return Findings({"reservations": count, "orders": orders}, (*wrong, *missing))

    async def _reservations(self, ids: Sequence[str]) -> Suspects:
        sagas = await self._books.checkout.sagas(ids)
        records = await self._books.reservations.records(ids)
        order_ids = {saga.order_id for saga in sagas.values()}
        orders = await self._books.orders.records(sorted(order_ids))
        return suspects(
            (id_, reservation_has_its_saga(records[id_], saga, orders[saga.order_id]))
            for id_, saga in sagas.items()
        )

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        placed = {id_: record.order for id_, record in orders.items() if record.order}
        reserved = [order.reservation_id for order in placed.values()]
        sagas = await self._books.checkout.sagas(reserved)
        records = await self._books.reservations.records(reserved)
        now = self._books.now()
        return suspects(
            (id_, order_has_its_units(orders[id_], sagas[of], records[of], now))
            for id_, of in zip(placed, reserved, strict=True)
        )


def reservation_has_its_saga(
    reservation: ReservationRecord, saga: SagaRecord, order: OrderRecord
) -> Iterator[Discrepancy]:
    """`order` is the one that the saga places. One that is gone meanwhile is over."""
    keys = (reservation.key, saga.key)
    if reservation.state is None:
        return
    yield from hold_lapses(reservation)
    if saga.is_open:
        return
    fate = "there is no such saga" if saga.stage is None else f"the saga is {saga.stage}"
    if reservation.is_open:
        yield Discrepancy("left_open", keys, f"It is {reservation.state}, but {fate}.")
    elif reservation.state == "released" and saga.stage == "done":
        yield Discrepancy("released_but_placed", keys, "It was released, but the saga is done.")
    elif reservation.state == "committed" and saga.stage != "done":
        yield Discrepancy("sold_for_nothing", keys, f"Its units are sold, but {fate}.")
    elif reservation.state == "committed":
        yield from units_are_ordered(reservation, order)


def hold_lapses(reservation: ReservationRecord) -> Iterator[Discrepancy]:
    """A reservation is among the holds, which lapse, exactly while it is held."""
    keys = (reservation.key,)
    if reservation.allocations is None:
        yield Discrepancy("unreadable", keys, "The reservation cannot be read.")
    if reservation.state == "held" and reservation.lapses is None:
        yield Discrepancy("never_lapses", keys, "It is held without a deadline.")
    if reservation.state != "held" and reservation.lapses is not None:
        yield Discrepancy("would_lapse", keys, f"It is {reservation.state}, but has a deadline.")


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
    lines = (StockLine(sku=item.sku, quantity=item.quantity) for item in order.items)
    return Counter(summed(lines))


def order_has_its_units(
    order: OrderRecord, saga: SagaRecord, reservation: ReservationRecord, now: datetime
) -> Iterator[Discrepancy]:
    """A recent order whose saga has ended has its reservation still on record."""
    if saga.is_open or reservation.state is not None or order.listed_at is None:
        return
    if now.timestamp() - order.listed_at < KEPT.total_seconds():
        keys = (order.key, reservation.key)
        yield Discrepancy("order_without_units", keys, "The order has no reservation.")


def _said(units: Counter[str]) -> str:
    return _joined(f"{n} of {sku}" for sku, n in sorted(units.items()))


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "no units"
