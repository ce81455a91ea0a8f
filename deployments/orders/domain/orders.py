"""Orders' rules: what an order is made of, and how its history makes it what it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from deployments.orders.contract import PlacedOrder, PlaceOrder
from deployments.orders.contract.order import (
    STATES,
    HistoryEntry,
    Order,
    OrderDelivery,
    OrderedItem,
    OrderShipment,
    Refund,
    ShippedParcel,
)
from deployments.orders.contract.staff import OrderRow
from deployments.orders.events import OrderPlaced, PlacedLine, PromisedDelivery

_LABEL = re.compile("FH-([0-9]{1,12})")
_TIMES = {"processing": "created_at", "shipped": "shipped_at", "delivered": "delivered_at"}


def permalink(public_url: str, order_id: str) -> str:
    """The address of an order."""
    return f"{public_url}/orders/{order_id}"


def number_of(label: str) -> int | None:
    """The number in a label, such as 100042 in FH-100042; none if it is no label."""
    found = _LABEL.fullmatch(label)
    return int(found[1]) if found else None


def row_of(order: Order) -> OrderRow:
    """An order as it stands in a list."""
    reached = [STATES.index(shipment.state) for shipment in order.shipments]
    return OrderRow(
        id=order.id,
        label=order.label,
        placed_at=order.history[0].at,
        platform=order.platform,
        buyer_email=order.buyer_email,
        currency=order.currency,
        total=order.totals.total,
        refunded=sum(refund.amount for refund in order.refunds),
        paid=order.paid,
        state=STATES[min(reached)] if reached else None,
    )


def placed_order(order_id: str, label: str, public_url: str) -> PlacedOrder:
    """The answer to a placement."""
    url = permalink(public_url, order_id)
    return PlacedOrder(order_id=order_id, label=label, permalink_url=url)


def order_of(
    placed: PlaceOrder, label: str, history: Sequence[HistoryEntry], public_url: str
) -> Order:
    """An order as it stands: what was placed, under its label, and what its history made of it."""
    return Order(
        id=placed.order_id,
        label=label,
        permalink_url=permalink(public_url, placed.order_id),
        platform=placed.platform,
        checkout_id=placed.checkout_id,
        payment_id=placed.payment_id,
        reservation_id=placed.reservation_id,
        currency=placed.currency,
        items=placed.items,
        totals=placed.totals,
        tax_name=placed.tax_name,
        delivery=placed.delivery,
        buyer_email=placed.buyer_email,
        **progress_of(history),
    )


def with_entry(order: Order, entry: HistoryEntry) -> Order:
    """The order when this has happened to it too."""
    return order.model_copy(update={**progress_of((*order.history, entry))})


class OrderProgress(TypedDict):
    """What an order's history makes of it."""

    history: tuple[HistoryEntry, ...]
    paid: bool
    refunds: tuple[Refund, ...]
    shipments: tuple[OrderShipment, ...]


def progress_of(history: Sequence[HistoryEntry]) -> OrderProgress:
    """How far an order has come. The order of entries matters only within one shipment."""
    return OrderProgress(
        history=tuple(history),
        paid=any(entry.what == "paid" for entry in history),
        refunds=tuple(
            Refund(at=entry.at, amount=entry.amount)
            for entry in history
            if entry.what == "refunded" and entry.amount is not None
        ),
        shipments=_shipments(history),
    )


def _shipments(history: Sequence[HistoryEntry]) -> tuple[OrderShipment, ...]:
    found: dict[str, OrderShipment] = {}
    for entry in history:
        if (parcel := entry.shipment) is not None:
            found[parcel.id] = _moved(found.get(parcel.id), parcel, entry.what, entry.at)
    return tuple(found[id_] for id_ in sorted(found))


def _moved(
    known: OrderShipment | None, parcel: ShippedParcel, state: str, at: datetime
) -> OrderShipment:
    """A shipment, if it was known already, in a further state, with what is told of it now."""
    before = {} if known is None else known.model_dump()
    now = parcel.model_dump(exclude_none=True)
    return OrderShipment.model_validate({**before, **now, "state": state, _TIMES[state]: at})


def placed_event(order: PlaceOrder, label: str = "") -> OrderPlaced:
    """What is published of an order that was placed, under its label once it has one."""
    totals = order.totals
    return OrderPlaced(
        order_id=order.order_id,
        label=label,
        platform=order.platform,
        checkout_id=order.checkout_id,
        payment_id=order.payment_id,
        reservation_id=order.reservation_id,
        currency=order.currency,
        lines=placed_lines(order.items),
        subtotal=totals.subtotal - totals.items_discount,
        shipping=totals.fulfillment - totals.discount,
        tax=totals.tax,
        total=totals.total,
        delivery=promised(order.delivery),
        buyer_email=order.buyer_email,
        shipping_discount=totals.discount,
        tax_name=order.tax_name,
    )


def promised(delivery: OrderDelivery) -> PromisedDelivery:
    """What is published of a promise."""
    return PromisedDelivery(
        title=delivery.title,
        carrier=delivery.carrier,
        country=delivery.address.address_country,
        earliest=delivery.earliest,
        latest=delivery.latest,
    )


def placed_lines(items: Sequence[OrderedItem]) -> tuple[PlacedLine, ...]:
    """What is published of the lines."""
    return tuple(
        PlacedLine(
            id=item.id,
            sku=item.sku,
            title=item.title,
            quantity=item.quantity,
            unit_price=item.unit_price,
            total=item.price.total,
        )
        for item in items
    )
