"""What events say, held against the state: each event that was published is true, and stays so.

Only what cannot become untrue is judged: an order that was placed, a payment that was captured.
What may change again, as prices do, is compared as of one moment (`catalogue.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy
from commands.auditing.inspection import Suspects, suspects
from commands.auditing.streams import StreamEvent
from deployments.checkout.events import CheckoutCancelled, CheckoutCompleted
from deployments.checkout.records import SessionRecord
from deployments.foundation.events.publishing import Envelope
from deployments.inventory.events import StockCommitted, StockReleased, StockReserved
from deployments.inventory.records import ReservationRecord
from deployments.orders.contract import STATES, ShipmentState
from deployments.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from deployments.orders.store import OrderRecord
from deployments.payments.domain.payments import Payment
from deployments.payments.events import (
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
)
from deployments.payments.store import PaymentRecord
from deployments.shipping.events import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from deployments.shipping.records import ShipmentRecord

Judge = Callable[[Books, Sequence[StreamEvent]], Awaitable[Suspects]]
"""What is untrue of some events, by the key of each."""

_ORDER_FIELDS = ("platform", "checkout_id", "payment_id", "reservation_id", "currency")
_PAYMENT_STATES = {
    PaymentCaptured.type: "captured",
    PaymentDeclined.type: "declined",
    PaymentVoided.type: "voided",
}
_SESSION_STATES = {CheckoutCompleted.type: "completed", CheckoutCancelled.type: "canceled"}
_ORDER_STEPS: Mapping[str, ShipmentState] = {
    OrderShipped.type: "shipped",
    OrderDelivered.type: "delivered",
}
_SHIPMENT_STATES = (ShipmentCreated.type, ShipmentDispatched.type, ShipmentDelivered.type)
_SHIPMENT_RANKS = {"created": 0, "dispatched": 1, "delivered": 2}
_RESERVATION_STATES = {StockCommitted.type: "committed", StockReleased.type: "released"}


async def sessions(books: Books, events: Sequence[StreamEvent]) -> Suspects:
    """What was said of checkout sessions."""
    records = await books.checkout.sessions(_subjects(events))
    return suspects(
        (key, session_is_published(key, envelope, records[envelope.subject]))
        for key, envelope in _readable(events)
    )


async def orders(books: Books, events: Sequence[StreamEvent]) -> Suspects:
    """What was said of orders."""
    records = await books.orders.records(_subjects(events))
    return suspects(
        (key, order_is_published(key, envelope, records[envelope.subject]))
        for key, envelope in _readable(events)
    )


async def payments(books: Books, events: Sequence[StreamEvent]) -> Suspects:
    """What was said of payments."""
    records = await books.payments.records(_subjects(events))
    return suspects(
        (key, payment_is_published(key, envelope, records[envelope.subject]))
        for key, envelope in _readable(events)
    )


async def shipments(books: Books, events: Sequence[StreamEvent]) -> Suspects:
    """What was said of shipments. How a cart could be delivered is no lasting event."""
    lasting = [one for one in events if one.envelope and one.envelope.type in _SHIPMENT_STATES]
    records = await books.shipments.records(_subjects(lasting))
    return suspects(
        (key, shipment_is_published(key, envelope, records[envelope.subject]))
        for key, envelope in _readable(lasting)
    )


async def reservations(books: Books, events: Sequence[StreamEvent]) -> Suspects:
    """What was said of reservations. How many units are left of a SKU is no lasting event."""
    lasting = [event for event in events if event.envelope and "lines" in event.envelope.data]
    records = await books.reservations.records(_subjects(lasting))
    return suspects(
        (key, reservation_is_published(key, envelope, records[envelope.subject]))
        for key, envelope in _readable(lasting)
    )


async def nothing_lasting(books: Books, events: Sequence[StreamEvent]) -> Suspects:  # noqa: ARG001
    """For services whose events do not last, or whose records do not."""
    return {}


def _readable(events: Sequence[StreamEvent]) -> Iterator[tuple[str, Envelope]]:
    return ((event.key, event.envelope) for event in events if event.envelope is not None)


def _subjects(events: Sequence[StreamEvent]) -> list[str]:
    return sorted({envelope.subject for _, envelope in _readable(events)})


def session_is_published(
    key: str, envelope: Envelope, record: SessionRecord
) -> Iterator[Discrepancy]:
    """A session, while it is on record, is completed or cancelled as it was told."""
    keys, session = (key, record.key), record.session
    if session is None:
        return
    due = _SESSION_STATES.get(envelope.type, session.status)
    if session.status != due:
        what = f"It was told as {due}, but is {session.status}."
        yield Discrepancy("session_state_differs", keys, what)
    elif envelope.type == CheckoutCompleted.type and session.order is not None:
        written = {"order_id": session.order.order_id, "total": session.priced.totals.total}
        yield from _as_told("session_differs", keys, envelope.data, written)


def order_is_published(key: str, envelope: Envelope, record: OrderRecord) -> Iterator[Discrepancy]:
    """A placed order is there as it was told, and a cancelled one is withdrawn."""
    keys, data = (key, record.key), envelope.data
    if not record.found:
        yield Discrepancy("no_such_order", keys, f"The order of a {envelope.type} does not exist.")
    if envelope.type == OrderCancelled.type and record.found and not record.withdrawn:
        yield Discrepancy("order_not_cancelled", keys, "Told as cancelled, it was not withdrawn.")
    if envelope.type == OrderPlaced.type and record.placed is not None:
        written = record.placed.model_dump(include={*_ORDER_FIELDS})
        written["total"] = record.placed.totals.total
        yield from _as_told("order_differs", keys, data, written)
    if record.found and not _has_come_so_far(envelope, record):
        yield Discrepancy("order_not_so_far", keys, f"It was told as {envelope.type}, but is not.")


def _has_come_so_far(envelope: Envelope, record: OrderRecord) -> bool:
    """Whether an order is paid, refunded, and its shipment on its way, as it was told."""
    data = envelope.data
    if envelope.type == OrderPaid.type:
        return record.paid
    if envelope.type == OrderRefunded.type:
        return record.refunded >= int(data.get("refund", 0))
    if envelope.type in _ORDER_STEPS:
        state = record.shipments.get(str(data.get("shipment_id")))
        due = _ORDER_STEPS[envelope.type]
        return state is not None and STATES.index(state) >= STATES.index(due)
    return True


def shipment_is_published(
    key: str, envelope: Envelope, record: ShipmentRecord
) -> Iterator[Discrepancy]:
    """A shipment is there as it was told, and has come as far."""
    keys = (key, record.key)
    if not record.found:
        yield Discrepancy("no_such_shipment", keys, f"It was told as {envelope.type}.")
    if record.shipment is None:
        return
    fields = {"order_id", "reservation_id", "location_id", "carrier", "lines"}
    written = record.shipment.model_dump(mode="json", include=fields)
    yield from _as_told("shipment_differs", keys, envelope.data, written)
    if _SHIPMENT_RANKS.get(record.state or "", -1) < _SHIPMENT_STATES.index(envelope.type):
        what = f"It was told as {envelope.type}, but is {record.state}."
        yield Discrepancy("shipment_state_differs", keys, what)


def payment_is_published(
    key: str, envelope: Envelope, record: PaymentRecord
) -> Iterator[Discrepancy]:
    """A payment is of the amount that was told, and in the state if that one is final."""
    keys, payment = (key, record.key), record.payment
    if not record.found:
        yield Discrepancy("no_such_payment", keys, f"It was told as {envelope.type}.")
    if payment is None:
        return
    written = payment.model_dump(include={"checkout_id", "amount", "currency"})
    yield from _as_told("payment_differs", keys, envelope.data, written)
    if not _is_so(envelope, payment):
        what = f"It was told as {envelope.type}, but is {payment.status}."
        yield Discrepancy("payment_state_differs", keys, what)


def _is_so(envelope: Envelope, payment: Payment) -> bool:
    if envelope.type == PaymentRefunded.type:
        return payment.refunded >= int(envelope.data.get("refunded", 0))
    return payment.status == _PAYMENT_STATES.get(envelope.type, payment.status)


def reservation_is_published(
    key: str, envelope: Envelope, record: ReservationRecord
) -> Iterator[Discrepancy]:
    """A reservation, while it is on record, is over as it was told, with the units told."""
    keys = (key, record.key)
    if record.state is None or record.allocations is None:
        return
    due = _RESERVATION_STATES.get(envelope.type, record.state)
    if record.state != due:
        what = f"It was told as {due}, but is {record.state}."
        yield Discrepancy("reservation_state_differs", keys, what)
    written = {"lines": [taken.model_dump() for taken in record.allocations]}
    if envelope.type == StockReserved.type:
        yield from _as_told("reservation_units_differ", keys, envelope.data, written)


def _as_told(
    rule: str, keys: tuple[str, ...], told: Mapping[str, object], written: Mapping[str, object]
) -> Iterator[Discrepancy]:
    for name, value in written.items():
        if told.get(name) != value:
            what = f"{name} was told as {told.get(name)}, but is {value}."
            yield Discrepancy(rule, keys, what)
