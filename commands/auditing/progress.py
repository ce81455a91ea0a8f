"""Orders with what they follow by events: their payments, and their shipments.

What an order has not consumed of yet is under way, and no discrepancy, as long as the event is
outstanding. Nothing happens to an order before it happened to its payment or shipment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from commands.auditing.outstanding import Outstanding, outstanding
from deployments.foundation.events.publishing import Event
from deployments.orders.contract import STATES, ShipmentState
from deployments.orders.store import OrderRecord
from deployments.payments.domain.payments import Payment
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from deployments.payments.store import PaymentRecord
from deployments.shipping.events import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from deployments.shipping.records import ShipmentRecord

STEPS: Mapping[str, tuple[type[Event], ShipmentState]] = {
    "created": (ShipmentCreated, "processing"),
    "dispatched": (ShipmentDispatched, "shipped"),
    "delivered": (ShipmentDelivered, "delivered"),
}
"""By a shipment's state at shipping: the event that told it, and the state at orders."""


class Causes(NamedTuple):
    """What an order follows: its payment, and its shipments by id."""

    payment: PaymentRecord
    shipments: Mapping[str, ShipmentRecord]


class Look(NamedTuple):
    """An order, what it follows before and after it was read, and what it had yet to consume."""

    before: Causes
    outstanding: Outstanding
    order: OrderRecord
    after: Causes


class Progress:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._late: set[str] = set()
        """Orders that have something outstanding."""

    async def check(self) -> Findings:
        """Every order."""
        count, wrong = await inspect(self._books.orders.ids(), self._orders, self._books)
        return Findings({"orders": count, "under way": len(self._late)}, tuple(wrong))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        """Those at which something is missing are looked at with what is outstanding."""
        first = await self._look(ids, Outstanding())
        missing = list(suspects((id_, order_follows(look)) for id_, look in first.items()))
        if not missing:
            return {}
        looks = await self._look(missing)
        self._late |= {id_ for id_, look in looks.items() if _is_late(look)}
        return suspects((id_, order_follows(look)) for id_, look in looks.items())

    async def _look(
        self, ids: Sequence[str], waiting: Outstanding | None = None
    ) -> dict[str, Look]:
        before = await self._causes(ids)
        if waiting is None:
            waiting = await outstanding(self._books.redis_of, "orders")
        orders = await self._books.orders.records(ids)
        after = await self._causes(ids)
        return {
            id_: Look(before[id_], waiting, orders[id_], after[id_])
            for id_ in before
            if id_ in after
        }

    async def _causes(self, ids: Sequence[str]) -> dict[str, Causes]:
        books = self._books
        orders = await books.orders.records(ids)
        paid = {id_: record.order.payment_id for id_, record in orders.items() if record.order}
        listed = await books.shipments.of_orders(list(paid))
        consumed = {one for id_ in paid for one in (*listed[id_], *orders[id_].shipments)}
        payments = await books.payments.records(list(paid.values()))
        shipments = await books.shipments.records(sorted(consumed))
        return {
            id_: Causes(
                payments[payment],
                {one: shipments[one] for one in (*listed[id_], *orders[id_].shipments)},
            )
            for id_, payment in paid.items()
        }


def _is_late(look: Look) -> bool:
    return not any(order_follows(look)) and any(
        order_follows(look._replace(outstanding=Outstanding()))
    )


def order_follows(look: Look) -> Iterator[Discrepancy]:
    """An order is as far as its payment and shipments were, or will consume of it; never
    farther."""
    then, now = look.before.payment.payment, look.after.payment.payment
    if then is not None and now is not None:
        yield from _payment_is_followed(look, then, now)
    for id_, shipment in look.before.shipments.items():
        yield from _shipment_is_followed(look, id_, shipment)
    for id_, state in look.order.shipments.items():
        yield from _shipment_is_not_overtaken(look, id_, state)


def _payment_is_followed(look: Look, then: Payment, now: Payment) -> Iterator[Discrepancy]:
    order, keys = look.order, (look.order.key, look.after.payment.key)
    payment_id = order.order.payment_id if order.order else ""
    if order.paid and now.status != "captured":
        yield Discrepancy("paid_too_early", keys, f"It is paid, but its payment is {now.status}.")
    unpaid = then.status == "captured" and not order.paid
    if unpaid and not look.outstanding.has(PaymentCaptured, payment_id):
        what = "Its payment is captured, but it never consumed of that."
        yield Discrepancy("capture_not_followed", keys, what)
    if order.refunded > now.refunded:
        what = f"It says that {order.refunded} were refunded, its payment {now.refunded}."
        yield Discrepancy("refunded_too_early", keys, what)
    behind = order.refunded < then.refunded
    if behind and not look.outstanding.has(PaymentRefunded, payment_id):
        what = f"It consumed of {order.refunded} refunded, of {then.refunded}."
        yield Discrepancy("refund_not_followed", keys, what)


def _shipment_is_followed(look: Look, id_: str, shipment: ShipmentRecord) -> Iterator[Discrepancy]:
    if shipment.state is None or shipment.state not in STEPS:
        return
    event, due = STEPS[shipment.state]
    state = look.order.shipments.get(id_)
    if _rank(state) < _rank(due) and not look.outstanding.has(event, id_):
        what = f"The shipment is {shipment.state}, the order has it as {state or 'nothing'}."
        yield Discrepancy("shipment_not_followed", (look.order.key, shipment.key), what)


def _shipment_is_not_overtaken(look: Look, id_: str, state: ShipmentState) -> Iterator[Discrepancy]:
    shipment = look.after.shipments[id_]
    _, is_so = STEPS.get(shipment.state or "", (None, None))
    if _rank(state) > _rank(is_so):
        what = f"The order has it as {state}, the shipment is {shipment.state or 'nowhere'}."
        yield Discrepancy("shipment_too_early", (look.order.key, shipment.key), what)


def _rank(state: ShipmentState | None) -> int:
    return -1 if state is None else STATES.index(state)
