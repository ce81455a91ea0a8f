"""What an event of another service changes about an order, and what is published of that.

A shipment only moves forward, and an order is paid once: what is known already changes nothing,
in whatever order the events of different services arrive. Of an order that was withdrawn
everything is written down, and nothing is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from deployments.foundation.events.publishing import Event
from deployments.orders.contract.order import (
    STATES,
    HistoryEntry,
    LineUnits,
    Order,
    ShipmentState,
    ShippedParcel,
)
from deployments.orders.domain.orders import placed_lines, promised, with_entry
from deployments.orders.events import (
    MovedLine,
    OrderDelivered,
    OrderPaid,
    OrderProcessing,
    OrderRefunded,
    OrderShipmentEvent,
    OrderShipped,
)
from deployments.payments.events import PaymentRefunded

_PUBLISHED_AS: dict[ShipmentState, type[OrderShipmentEvent]] = {
    "processing": OrderProcessing,
    "shipped": OrderShipped,
    "delivered": OrderDelivered,
}


class ForeignLineError(Exception):
    """A shipment is said to carry a line that its order does not have: a bug of whoever says so."""


class OrderUpdate(NamedTuple):
    """New entries of an order's history, and the events to publish with them."""

    entries: tuple[HistoryEntry, ...] = ()
    events: tuple[Event, ...] = ()


def paid(order: Order, at: datetime) -> OrderUpdate:
    """The order's payment was captured."""
    if order.paid:
        return OrderUpdate()
    event = OrderPaid(
        order_id=order.id,
        label=order.label,
        platform=order.platform,
        payment_id=order.payment_id,
        reservation_id=order.reservation_id,
        lines=placed_lines(order.items),
        delivery=promised(order.delivery),
        destination=order.delivery.address,
    )
    return _change(order, [(HistoryEntry(at=at, what="paid"), event)])


def refunded(order: Order, at: datetime, payment: PaymentRefunded) -> OrderUpdate:
    """Money was given back. Each such event is another refund."""
    event = OrderRefunded(
        order_id=order.id,
        label=order.label,
        platform=order.platform,
        currency=order.currency,
        refund=payment.refund,
        refunded=payment.refunded,
    )
    entry = HistoryEntry(at=at, what="refunded", amount=payment.refund)
    return _change(order, [(entry, event)])


def shipment_moved(
    order: Order, at: datetime, parcel: ShippedParcel, state: ShipmentState
) -> OrderUpdate:
    """One of the order's shipments has come so far. Raises `ForeignLineError`.

    What was delivered was shipped, even if nobody said so: that is made up for.
    """
    lines = _named(order, parcel.lines)
    news: list[tuple[HistoryEntry, Event]] = []
    for step in _steps(order, parcel.id, state):
        entry = HistoryEntry(at=at, what=step, shipment=parcel)
        order = with_entry(order, entry)
        news.append((entry, _moved_event(order, parcel, step, lines)))
    return _change(order, news)


def _steps(order: Order, shipment_id: str, state: ShipmentState) -> Iterator[ShipmentState]:
    """The states to enter. Being prepared is not made up for: nothing is promised of it."""
    known = [shipment for shipment in order.shipments if shipment.id == shipment_id]
    for step in STATES[: STATES.index(state) + 1]:
        if any(shipment.has_reached(step) for shipment in known):
            continue
        if step in (state, "shipped"):
            yield step


def _moved_event(
    order: Order, parcel: ShippedParcel, state: ShipmentState, lines: tuple[MovedLine, ...]
) -> OrderShipmentEvent:
    return _PUBLISHED_AS[state].model_validate(
        {
            "order_id": order.id,
            "label": order.label,
            "platform": order.platform,
            "shipment_id": parcel.id,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number or "",
            "tracking_url": parcel.tracking_url or "",
            "lines": lines,
            "complete": all(order.units(one.id, state) >= one.quantity for one in order.items),
        }
    )


def _named(order: Order, lines: tuple[LineUnits, ...]) -> tuple[MovedLine, ...]:
    items = {item.id: item for item in order.items}
    strange = sorted({line.id for line in lines} - set(items))
    if strange:
        raise ForeignLineError(f"{order.id} has no line {', '.join(strange)}")
    return tuple(
        MovedLine(
            id=line.id,
            sku=items[line.id].sku,
            title=items[line.id].title,
            quantity=line.quantity,
        )
        for line in lines
    )


def _change(order: Order, news: Sequence[tuple[HistoryEntry, Event]]) -> OrderUpdate:
    entries = tuple(entry for entry, _ in news)
    if any(entry.what == "withdrawn" for entry in order.history):
        return OrderUpdate(entries)
    return OrderUpdate(entries, tuple(event for _, event in news))
