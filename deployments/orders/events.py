"""What orders announces, each in the script that made it true. The subject is the order."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from deployments.foundation.events import Event
from deployments.foundation.message import Cents, Currency, Message


class PlacedLine(Message):
    """A line as it was bought; `total` is what it cost after discounts, tax included."""

    id: str
    sku: str
    title: str
    quantity: int
    unit_price: Cents
    total: Cents


class PromisedDelivery(Message):
    """What the buyer was promised."""

    title: str
    carrier: str
    country: str | None = None
    earliest: datetime
    latest: datetime


class OrderPlaced(Event):
    """A checkout became an order. `subtotal` and `shipping` are after discounts.

    The buyer's email is there for the confirmation.
    """

    type: ClassVar[str] = "org.fieldhouse.orders.placed.v1"
    subject: ClassVar[str] = "order_id"
    order_id: str
    label: str
    platform: str
    checkout_id: str
    payment_id: str
    reservation_id: str
    currency: Currency
    lines: tuple[PlacedLine, ...]
    subtotal: Cents
    shipping: Cents
    tax: Cents
    total: Cents
    delivery: PromisedDelivery
    buyer_email: str | None = None


class OrderCancelled(Event):
    """An order that had been placed is not one any more."""

    type: ClassVar[str] = "org.fieldhouse.orders.cancelled.v1"
    subject: ClassVar[str] = "order_id"
    order_id: str
    label: str
    platform: str
