"""What names something else: an order its checkout, a checkout its order, a cart its checkout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from deployments.checkout.contract import Session
from deployments.checkout.records import SagaRecord, SessionRecord
from deployments.orders.contract import PlaceOrder
from deployments.orders.store import OrderRecord

KEPT = timedelta(days=29)
"""Sessions are kept for thirty days; younger orders must have theirs."""


class Links:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def check(self) -> Findings:
        """Every order, every session, and every cart of which a session was made."""
        books, checkout = self._books, self._books.checkout
        orders, lost = await inspect(books.orders.ids(), self._orders, books)
        sessions, dangling = await inspect(checkout.session_ids(), self._sessions, books)
        carts, unlinked = await inspect(checkout.linked_carts(), self._carts, books)
        counts = {"orders": orders, "sessions": sessions, "carts checked out": carts}
        return Findings(counts, (*lost, *dangling, *unlinked))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        readable = {id_: record.placed for id_, record in orders.items() if record.placed}
        named = [order.checkout_id for order in readable.values()]
        sessions = await self._books.checkout.sessions(named)
        now = self._books.now()
        return suspects(
            (id_, order_has_its_session(orders[id_], order, sessions[order.checkout_id], now))
            for id_, order in readable.items()
        )

    async def _sessions(self, ids: Sequence[str]) -> Suspects:
        records = await self._books.checkout.sessions(ids)
        sagas = await self._books.checkout.sagas([record.saga or "" for record in records.values()])
        named = {id_: _order_id(record) for id_, record in records.items()}
        orders = await self._books.orders.records(sorted(set(named.values())))
        return suspects(
            (id_, session_has_its_order(record, sagas[record.saga or ""], orders[named[id_]]))
            for id_, record in records.items()
        )

    async def _carts(self, ids: Sequence[str]) -> Suspects:
        links = await self._books.checkout.links(ids)
        named = {session_id for _, session_id in links.values() if session_id}
        sessions = await self._books.checkout.sessions(sorted(named))
        return suspects(
            (cart_id, cart_has_its_session(cart_id, key, sessions[session_id]))
            for cart_id, (key, session_id) in links.items()
            if session_id
        )


def _order_id(record: SessionRecord) -> str:
    return record.session.order.order_id if record.session and record.session.order else ""


def order_has_its_session(
    record: OrderRecord, order: PlaceOrder, session: SessionRecord, now: datetime
) -> Iterator[Discrepancy]:
    """An order is on its platform's list, and was placed by a checkout that names it."""
    if record.withdrawn:
        if record.listed_at is not None:
            yield Discrepancy("withdrawn_but_listed", (record.key,), "It was withdrawn.")
        return
    if record.listed_at is None:
        yield Discrepancy("not_listed", (record.key,), f"{order.platform} cannot find it.")
    keys = (record.key, session.key)
    if session.session is not None:
        yield from _session_names_order(keys, order, session, session.session)
    elif not session.found and _is_recent(record.listed_at, now):
        yield Discrepancy("session_missing", keys, "There is no such checkout.")


def _is_recent(listed_at: float | None, now: datetime) -> bool:
    return listed_at is not None and now.timestamp() - listed_at < KEPT.total_seconds()


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


def session_has_its_order(
    record: SessionRecord, saga: SagaRecord, order: OrderRecord
) -> Iterator[Discrepancy]:
    """A completed session names an order of its own, one in progress a saga of its own."""
    session = record.session
    if session is None:
        if record.found:
            yield Discrepancy("session_unreadable", (record.key,), "The session cannot be read.")
    elif session.status == "complete_in_progress":
        if saga.stage is None or saga.session_id != session.id:
            keys = (record.key, saga.key)
            yield Discrepancy("in_progress_without_saga", keys, "No saga completes it.")
    elif session.status == "completed":
        yield from _completed_has_its_order(record, session, order)


def _completed_has_its_order(
    record: SessionRecord, session: Session, order: OrderRecord
) -> Iterator[Discrepancy]:
    keys = (record.key, order.key)
    if session.order is None:
        yield Discrepancy("completed_without_order", (record.key,), "It names no order.")
    elif not order.found or order.withdrawn:
        state = "was withdrawn" if order.withdrawn else "does not exist"
        yield Discrepancy("order_missing", keys, f"The order that it became {state}.")
    elif order.placed is not None and order.placed.checkout_id != session.id:
        what = f"The order that it names was placed by {order.placed.checkout_id}."
        yield Discrepancy("order_of_another_session", keys, what)


def cart_has_its_session(cart_id: str, key: str, session: SessionRecord) -> Iterator[Discrepancy]:
    """A cart's link names a session that was made of it."""
    if not session.found:
        yield Discrepancy("cart_without_session", (key, session.key), "There is no such checkout.")
    elif session.session is not None and session.session.cart_id != cart_id:
        what = f"The checkout was made of {session.session.cart_id or 'no cart'}."
        yield Discrepancy("cart_of_another_session", (key, session.key), what)
