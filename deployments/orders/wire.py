"""An order as UCP's order."""

from __future__ import annotations

from deployments.foundation.ucp import Json, envelope
from deployments.orders.contract import Order, OrderedItem
from deployments.orders.domain import promise


def order_json(order: Order) -> Json:
    """The answer that shows an order: a snapshot of what was bought and promised.

    Nothing is shipped or adjusted by this store yet, so every line is `processing`.
    """
    return {
        "ucp": envelope("dev.ucp.shopping.order"),
        "id": order.id,
        "label": order.label,
        "checkout_id": order.checkout_id,
        "permalink_url": order.permalink_url,
        "line_items": [_line(item) for item in order.items],
        "fulfillment": {"expectations": [_expectation(order)], "events": []},
        "adjustments": [],
        "currency": order.currency,
        "totals": order.totals.to_ucp(tax_name=order.tax_name),
    }


def _line(item: OrderedItem) -> Json:
    return {
        "id": item.id,
        "item": {"id": item.sku, "title": item.title, "price": item.unit_price},
        "quantity": {"original": item.quantity, "total": item.quantity, "fulfilled": 0},
        "totals": item.price.to_ucp(),
        "status": "processing",
    }


def _expectation(order: Order) -> Json:
    return {
        "id": "shipping",
        "line_items": [{"id": item.id, "quantity": item.quantity} for item in order.items],
        "method_type": "shipping",
        "destination": order.delivery.address.model_dump(exclude_none=True),
        "description": promise(order.delivery),
    }
