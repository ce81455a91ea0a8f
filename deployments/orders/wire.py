"""An order as UCP's order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from deployments.foundation.http.ucp import Json, envelope
from deployments.foundation.http.ucp_prices import item_json, line_totals_json, totals_json
from deployments.foundation.values.dates import format_days
from deployments.orders.contract.order import (
    HistoryEntry,
    LineUnits,
    Order,
    OrderDelivery,
    OrderedItem,
    Refund,
    ShippedParcel,
)


def order_json(order: Order) -> Json:
    """The order, whole, as platforms are shown and sent it. A unit is fulfilled once shipped.

    The lines and totals are what was bought; what was given back is in the adjustments.
    """
    return {
        "ucp": envelope("dev.ucp.shopping.order"),
        "id": order.id,
        "label": order.label,
        "checkout_id": order.checkout_id,
        "permalink_url": order.permalink_url,
        "line_items": [_line(item, order.units(item.id, "shipped")) for item in order.items],
        "fulfillment": {"expectations": _expectations(order), "events": _events(order.history)},
        "adjustments": [_adjustment(n, refund) for n, refund in enumerate(order.refunds, 1)],
        "currency": order.currency,
        "totals": totals_json(order.totals, tax_name=order.tax_name),
    }


def _line(item: OrderedItem, fulfilled: int) -> Json:
    partly = "partial" if fulfilled else "processing"
    return {
        "id": item.id,
        "item": item_json(item.sku, item.title, item.unit_price, item.image_path),
        "quantity": {
            "original": item.quantity,
            "total": item.quantity,
            "fulfilled": fulfilled,
        },
        "totals": line_totals_json(item.price),
        "status": "fulfilled" if fulfilled >= item.quantity else partly,
    }


def _expectations(order: Order) -> list[Json]:
    """The promise for each shipment, and for what is in none yet."""
    waiting = [
        LineUnits(id=item.id, quantity=left)
        for item in order.items
        if (left := item.quantity - order.units(item.id, "processing")) > 0
    ]
    promise = order.delivery
    split = [_expectation(shipment.id, shipment.lines, promise) for shipment in order.shipments]
    if not waiting:
        return split
    # An order is sent when all of it is here.
    days = [item.awaited.expected for item in order.items if item.awaited and not order.shipments]
    return [*split, _expectation("shipping", waiting, promise, max(days, default=None))]


def _expectation(
    id_: str, lines: Iterable[LineUnits], delivery: OrderDelivery, day: date | None = None
) -> Json:
    """A promise; one that waits for units until a day says so."""
    shown: Json = {
        "id": id_,
        "line_items": [line.model_dump() for line in lines],
        "method_type": "shipping",
        "destination": delivery.address.model_dump(exclude_none=True),
        "description": promise(delivery),
    }
    if day is None:
        return shown
    waits = f"{promise(delivery)}; sent when all of it is here, by {format_days(day, day)}"
    on = datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()
    return {**shown, "description": waits, "fulfillable_on": on}


def promise(delivery: OrderDelivery) -> str:
    """What the buyer was promised, such as `Ground by UPS, arrives` and the days."""
    days = format_days(delivery.earliest.date(), delivery.latest.date())
    return f"{delivery.title} by {delivery.carrier}, arrives {days}"


def _events(history: Sequence[HistoryEntry]) -> list[Json]:
    return [_event(entry.shipment, entry) for entry in history if entry.shipment is not None]


def _event(parcel: ShippedParcel, entry: HistoryEntry) -> Json:
    """The fulfillment event that a parcel has come so far, which it does once."""
    told = parcel.model_dump(include={"carrier", "tracking_number", "tracking_url"})
    return {
        "id": f"{parcel.id}_{entry.what}",
        "type": entry.what,
        "occurred_at": entry.at.isoformat(),
        "line_items": [line.model_dump() for line in parcel.lines],
        **{name: value for name, value in told.items() if value is not None},
    }


def _adjustment(number: int, refund: Refund) -> Json:
    """The order's refund of this number, counted from 1."""
    return {
        "id": f"refund_{number}",
        "type": "refund",
        "occurred_at": refund.at.isoformat(),
        "status": "completed",
        "totals": [{"type": "total", "amount": -refund.amount, "display_text": "Refund"}],
    }
