"""Every order's totals add up to the cent, and are those of the checkout that it was placed by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from deployments.checkout.contract import Session
from deployments.checkout.records import SessionRecord
from deployments.orders.contract import OrderedItem, PlaceOrder
from deployments.orders.store import OrderRecord


class Totals:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def check(self) -> Findings:
        """Every order."""
        count, wrong = await inspect(self._books.orders.ids(), self._orders, self._books)
        return Findings({"orders": count}, tuple(wrong))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        orders = await self._books.orders.records(ids)
        sessions = await self._books.checkout.sessions(
            [record.placed.checkout_id for record in orders.values() if record.placed]
        )
        return suspects((id_, _judged(record, sessions)) for id_, record in orders.items())


def _judged(record: OrderRecord, sessions: dict[str, SessionRecord]) -> Iterator[Discrepancy]:
    if record.placed is None:
        if record.found:
            yield Discrepancy("order_unreadable", (record.key,), "The order cannot be read.")
        return
    yield from order_adds_up(record.key, record.placed)
    session = sessions[record.placed.checkout_id]
    if session.session is not None and not record.withdrawn:
        yield from order_is_its_session((record.key, session.key), record.placed, session.session)


def order_adds_up(key: str, order: PlaceOrder) -> Iterator[Discrepancy]:
    """Lines make the subtotal, the discount and the tax, and these the total."""
    for item in order.items:
        yield from _line_adds_up(key, item)
    totals, prices = order.totals, [item.price for item in order.items]
    sums = {
        "subtotal": (totals.subtotal, sum(price.subtotal for price in prices)),
        "discount": (totals.items_discount, sum(price.discount for price in prices)),
        "tax": (totals.tax, sum(price.tax for price in prices)),
        "total": (
            totals.total,
            sum(price.total for price in prices) + totals.fulfillment - totals.discount,
        ),
    }
    for name, (stated, due) in sums.items():
        if stated != due:
            what = f"The {name} is {stated}, what it is made of comes to {due}."
            yield Discrepancy(f"{name}_is_off", (key,), what)
    if totals.discount > totals.fulfillment:
        what = f"{totals.discount} are taken off shipping for {totals.fulfillment}."
        yield Discrepancy("shipping_below_zero", (key,), what)


def _line_adds_up(key: str, item: OrderedItem) -> Iterator[Discrepancy]:
    price, due = item.price, item.unit_price * item.quantity
    if (price.subtotal, price.total) != (due, due - price.discount + price.tax):
        what = (
            f"{item.quantity} of {item.sku} at {item.unit_price}: subtotal {price.subtotal}, "
            f"discount {price.discount}, tax {price.tax}, total {price.total}."
        )
        yield Discrepancy("line_is_off", (f"{key} {item.id}",), what)


def order_is_its_session(
    keys: tuple[str, str], order: PlaceOrder, session: Session
) -> Iterator[Discrepancy]:
    """The order is, line by line and in its totals, what the buyer agreed to."""
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
