"""Orders with the checkouts that they were placed by: each names the other, and they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.audit.books import Books
from deployments.checkout.contract import Session
from deployments.checkout.records import SURELY_KEPT, SessionRecord
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.orders.contract import PlaceOrder
from deployments.orders.records import OrderRecord


class OrdersAndCheckouts:
    """The checks, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def totals(self) -> Findings:
        """Every order with what the buyer agreed to."""
        _, wrong = await self._books.inspection.each(self._books.orders.ids(), self._agreed)
        return Findings({}, tuple(wrong))

    async def _agreed(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        readable = {id_: record.order for id_, record in orders.items() if record.order}
        sessions = await self._sessions_of(readable)
        return suspects(
            (id_, order_is_its_session(orders[id_].key, order, sessions[order.checkout_id]))
            for id_, order in readable.items()
        )

    async def _sessions_of(self, orders: dict[str, PlaceOrder]) -> dict[str, SessionRecord]:
        return await self._books.checkout.sessions([one.checkout_id for one in orders.values()])

    async def links(self) -> Findings:
        """Every order with the checkout that it names, and the other way round."""
        inspection, books = self._books.inspection, self._books
        _, lost = await inspection.each(books.orders.ids(), self._orders)
        _, dangling = await inspection.each(books.checkout.session_ids(), self._sessions)
        return Findings({}, (*lost, *dangling))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        readable = {id_: record.order for id_, record in orders.items() if record.order}
        sessions = await self._sessions_of(readable)
        now = await self._books.inspection.now(self._books.redis_of("checkout"))
        return suspects(
            (id_, order_has_its_session(orders[id_], order, sessions[order.checkout_id], now))
            for id_, order in readable.items()
        )

    async def _sessions(self, ids: Sequence[str]) -> Suspects:
        records = await self._books.checkout.sessions(ids)
        named = {id_: _order_id(record) for id_, record in records.items()}
        orders = await self._books.orders.records(sorted(set(named.values())))
        return suspects(
            (id_, session_has_its_order(record, orders[named[id_]]))
            for id_, record in records.items()
        )


def _order_id(record: SessionRecord) -> str:
    return record.session.order.order_id if record.session and record.session.order else ""


def order_is_its_session(
    key: str, order: PlaceOrder, record: SessionRecord
) -> Iterator[Discrepancy]:
    """The order is, line by line and in its totals, what the buyer agreed to."""
    keys, session = (key, record.key), record.session
    if session is None:
        return
    if order.totals != session.priced.totals or order.currency != session.currency:
        agreed_total = session.priced.totals.total
        what = f"The order comes to {order.totals.total}, its checkout to {agreed_total}."
        yield Discrepancy("totals_not_agreed", keys, what)
    ordered = [
        (item.id, item.sku, item.unit_price, item.quantity, item.price) for item in order.items
    ]
    agreed = [
        (line.id, line.sku, line.unit_price, line.quantity, price)
        for line, price in zip(session.lines, session.priced.lines, strict=False)
    ]
    if ordered != agreed:
        yield Discrepancy("lines_not_agreed", keys, "The order's lines are not its checkout's.")


def order_has_its_session(
    record: OrderRecord, order: PlaceOrder, session: SessionRecord, now: datetime
) -> Iterator[Discrepancy]:
    """An order that was not withdrawn was placed by a checkout that names it."""
    keys = (record.key, session.key)
    if session.session is not None:
        yield from _session_names_order(keys, order, session, session.session)
    elif not session.found and _is_recent(record.listed_at, now):
        yield Discrepancy("session_missing", keys, "There is no such checkout.")


def _is_recent(listed_at: float | None, now: datetime) -> bool:
    return listed_at is not None and now.timestamp() - listed_at < SURELY_KEPT.total_seconds()


def _session_names_order(
    keys: tuple[str, str], order: PlaceOrder, record: SessionRecord, session: Session
) -> Iterator[Discrepancy]:
    in_progress = session.status == "complete_in_progress" and record.saga == order.payment_id
    named = _order_id(record) if session.status == "completed" else None
    if not in_progress and named != order.order_id:
        what = f"Its checkout is {session.status} with order {named}."
        yield Discrepancy("session_names_another_order", keys, what)
    if session.platform != order.platform:
        what = f"The order is {order.platform}'s, its checkout {session.platform}'s."
        yield Discrepancy("platform_differs", keys, what)


def session_has_its_order(record: SessionRecord, order: OrderRecord) -> Iterator[Discrepancy]:
    """The order that a completed session names is there, and was placed by it."""
    keys, session = (record.key, order.key), record.session
    if session is None or session.status != "completed" or session.order is None:
        return
    if not order.found or order.withdrawn:
        state = "was withdrawn" if order.withdrawn else "does not exist"
        yield Discrepancy("order_missing", keys, f"The order that it became {state}.")
    elif order.placed is not None and order.placed.checkout_id != session.id:
        what = f"The order that it names was placed by {order.placed.checkout_id}."
        yield Discrepancy("order_of_another_session", keys, what)
