"""Orders' rules: what an order is made of, and how delivery is worded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deployments.orders.contract import (
    HistoryEntry,
    Order,
    OrderDelivery,
    OrderedItem,
    PlacedOrder,
    PlaceOrder,
)
from deployments.orders.events import OrderPlaced, PlacedLine, PromisedDelivery


def permalink(public_url: str, order_id: str) -> str:
    """The address of an order."""
    return f"{public_url}/orders/{order_id}"


def placed_order(order_id: str, label: str, public_url: str) -> PlacedOrder:
    """The answer to a placement."""
    url = permalink(public_url, order_id)
    return PlacedOrder(order_id=order_id, label=label, permalink_url=url)


def order_of(
    placed: PlaceOrder, label: str, history: Sequence[HistoryEntry], public_url: str
) -> Order:
    """An order as it stands: what was placed, under its label, with its history."""
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
        history=tuple(history),
    )


def placed_fact(order: PlaceOrder, label: str = "") -> OrderPlaced:
    """What is announced of an order that was placed, under its label once it has one."""
    delivery, totals = order.delivery, order.totals
    return OrderPlaced(
        order_id=order.order_id,
        label=label,
        platform=order.platform,
        checkout_id=order.checkout_id,
        payment_id=order.payment_id,
        reservation_id=order.reservation_id,
        currency=order.currency,
        lines=tuple(_placed_line(item) for item in order.items),
        subtotal=totals.subtotal - totals.items_discount,
        shipping=totals.fulfillment - totals.discount,
        tax=totals.tax,
        total=totals.total,
        delivery=PromisedDelivery(
            title=delivery.title,
            carrier=delivery.carrier,
            country=delivery.address.address_country,
            earliest=delivery.earliest,
            latest=delivery.latest,
        ),
        buyer_email=order.buyer_email,
    )


def _placed_line(item: OrderedItem) -> PlacedLine:
    return PlacedLine(
        id=item.id,
        sku=item.sku,
        title=item.title,
        quantity=item.quantity,
        unit_price=item.unit_price,
        total=item.price.total,
    )


def promise(delivery: OrderDelivery) -> str:
    """What the buyer was promised, such as `Ground by UPS, arrives 3 June to 5 June 2026`."""
    first, last = _day(delivery.earliest), _day(delivery.latest)
    if first == last:
        return f"{delivery.title} by {delivery.carrier}, arrives {last} {delivery.latest.year}"
    if delivery.earliest.year != delivery.latest.year:
        first = f"{first} {delivery.earliest.year}"
    return (
        f"{delivery.title} by {delivery.carrier}, arrives {first} to {last} {delivery.latest.year}"
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


# `strftime` would follow the machine's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
