"""Orders with what they follow by events: their payments, and their shipments.

What an order does not follow yet is under way, and no discrepancy, as long as the event is
outstanding. Nothing happens to an order before it happened to its payment or shipment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from commands.audit.books import Books
from commands.audit.subscriptions import Outstanding, outstanding
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Suspects, suspects
from deployments.foundation.events.publishing import Event
from deployments.orders.records import OrderRecord, ShipmentState
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from deployments.payments.records import Payment, PaymentRecord
from deployments.shipping.events import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from deployments.shipping.records import ShipmentRecord

STEPS: Mapping[str, tuple[type[Event], ShipmentState]] = {
    "created": (ShipmentCreated, "processing"),
    "dispatched": (ShipmentDispatched, "shipped"),
    "delivered": (ShipmentDelivered, "delivered"),
}
"""By a shipment's state at shipping: the event that told it, and the state at orders."""


class OrderCauses(NamedTuple):
    """What an order follows: its payment, and its shipments by id."""

    payment: PaymentRecord
    shipments: Mapping[str, ShipmentRecord]


class FollowedOrder(NamedTuple):
    """An order, what it follows before and after it was read, and what it had yet to consume."""

    before: OrderCauses
    outstanding: Outstanding
    order: OrderRecord
    after: OrderCauses


class OrdersAndEvents:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._late: set[str] = set()
        """Orders that have something outstanding."""

    async def check(self) -> Findings:
        """Every order."""
        books = self._books
        count, wrong = await books.inspection.each(books.orders.ids(), self._orders)
        return Findings({"orders": count, "under way": len(self._late)}, tuple(wrong))

    async def _orders(self, ids: Sequence[str]) -> Suspects:
        """Those at which something is missing are looked at with what is outstanding."""
        first = await self._look(ids, Outstanding())
        missing = list(suspects((id_, order_follows(followed)) for id_, followed in first.items()))
        if not missing:
            return {}
        looks = await self._look(missing)
        self._late |= {id_ for id_, followed in looks.items() if _is_late(followed)}
        return suspects((id_, order_follows(followed)) for id_, followed in looks.items())

    async def _look(
        self, ids: Sequence[str], waiting: Outstanding | None = None
    ) -> dict[str, FollowedOrder]:
        before = await self._causes(ids)
        if waiting is None:
            waiting = await outstanding(self._books.redis_of, "orders")
        orders = await self._books.orders.records(ids)
        after = await self._causes(ids)
        return {
            id_: FollowedOrder(before[id_], waiting, orders[id_], after[id_])
            for id_ in before
            if id_ in after
        }

    async def _causes(self, ids: Sequence[str]) -> dict[str, OrderCauses]:
        books = self._books
        orders = await books.orders.records(ids)
        paid = {id_: record.order.payment_id for id_, record in orders.items() if record.order}
        listed = await books.shipments.of_orders(list(paid))
        consumed = {one for id_ in paid for one in (*listed[id_], *orders[id_].shipments)}
        payments = await books.payments.records(list(paid.values()))
        shipments = await books.shipments.records(sorted(consumed))
        return {
            id_: OrderCauses(
                payments[payment],
                {one: shipments[one] for one in (*listed[id_], *orders[id_].shipments)},
            )
            for id_, payment in paid.items()
        }


def _is_late(followed: FollowedOrder) -> bool:
    return not any(order_follows(followed)) and any(
        order_follows(followed._replace(outstanding=Outstanding()))
    )


def order_follows(followed: FollowedOrder) -> Iterator[Discrepancy]:
    """An order is as far as its payment and shipments were, or will follow them; never
    farther."""
    then, now = followed.before.payment.payment, followed.after.payment.payment
    if then is not None and now is not None:
        yield from _payment_is_followed(followed, then, now)
    for id_, shipment in followed.before.shipments.items():
        yield from _shipment_is_followed(followed, id_, shipment)
    for id_, state in followed.order.shipments.items():
        yield from _shipment_is_not_overtaken(followed, id_, state)


def _payment_is_followed(
    followed: FollowedOrder, then: Payment, now: Payment
) -> Iterator[Discrepancy]:
    order, keys = followed.order, (followed.order.key, followed.after.payment.key)
    payment_id = order.order.payment_id if order.order else ""
    if order.paid and now.status != "captured":
        yield Discrepancy("paid_too_early", keys, f"It is paid, but its payment is {now.status}.")
    unpaid = then.status == "captured" and not order.paid
    if unpaid and not followed.outstanding.has(PaymentCaptured, payment_id):
        what = "Its payment is captured, but no event of that is left to be consumed."
        yield Discrepancy("capture_not_followed", keys, what)
    if order.refunded > now.refunded:
        what = f"It says that {order.refunded} were refunded, its payment {now.refunded}."
        yield Discrepancy("refunded_too_early", keys, what)
    behind = order.refunded < then.refunded
    if behind and not followed.outstanding.has(PaymentRefunded, payment_id):
        what = f"It knows of {order.refunded} refunded, of {then.refunded}."
        yield Discrepancy("refund_not_followed", keys, what)


def _shipment_is_followed(
    followed: FollowedOrder, id_: str, shipment: ShipmentRecord
) -> Iterator[Discrepancy]:
    if shipment.state is None or shipment.state not in STEPS:
        return
    event, due = STEPS[shipment.state]
    state = followed.order.shipments.get(id_)
    if not followed.order.has_reached(id_, due) and not followed.outstanding.has(event, id_):
        what = f"The shipment is {shipment.state}, the order has it as {state or 'nothing'}."
        yield Discrepancy("shipment_not_followed", (followed.order.key, shipment.key), what)


def _shipment_is_not_overtaken(
    followed: FollowedOrder, id_: str, state: ShipmentState
) -> Iterator[Discrepancy]:
    shipment = followed.after.shipments[id_]
    _, is_so = STEPS.get(shipment.state or "", (None, None))
    if is_so is None or (state != is_so and followed.order.has_reached(id_, is_so)):
        what = f"The order has it as {state}, the shipment is {shipment.state or 'nowhere'}."
        yield Discrepancy("shipment_too_early", (followed.order.key, shipment.key), what)
