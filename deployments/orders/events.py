"""What orders publishes, each in the script that made it true. The subject is the order."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.message import Cents, Currency, Message


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

    `shipping_discount` is what was taken off shipping, and `tax_name` what the buyer knows the tax
    as. The buyer's email is there for the confirmation.
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
    shipping_discount: Cents = 0
    tax_name: str | None = None


class OrderPaid(Event):
    """The order's payment was captured: it may be shipped, and this is all that takes."""

    type: ClassVar[str] = "org.fieldhouse.orders.paid.v1"
    subject: ClassVar[str] = "order_id"
    order_id: str
    label: str
    platform: str
    payment_id: str
    reservation_id: str
    lines: tuple[PlacedLine, ...]
    delivery: PromisedDelivery
    destination: PostalAddress


class MovedLine(Message):
    """Units of an order's line that travel in one shipment; `id` is the line's."""

    id: str
    sku: str
    title: str
    quantity: int


class OrderShipmentEvent(Event):
    """What the events about one of an order's shipments have in common.

    `complete` says whether it is now true of every unit of the order.
    """

    subject: ClassVar[str] = "order_id"
    order_id: str
    label: str
    platform: str
    shipment_id: str
    carrier: str
    lines: tuple[MovedLine, ...]
    complete: bool


class OrderProcessing(OrderShipmentEvent):
    """A shipment is being prepared."""

    type: ClassVar[str] = "org.fieldhouse.orders.processing.v1"


class TrackedShipmentEvent(OrderShipmentEvent):
    """An event about a shipment that its carrier has."""

    tracking_number: str
    tracking_url: str


class OrderShipped(TrackedShipmentEvent):
    """A shipment was handed to its carrier."""

    type: ClassVar[str] = "org.fieldhouse.orders.shipped.v1"


class OrderDelivered(TrackedShipmentEvent):
    """A shipment has arrived."""

    type: ClassVar[str] = "org.fieldhouse.orders.delivered.v1"


class OrderRefunded(Event):
    """Money was given back: `refund` now, `refunded` with all refunds before."""

    type: ClassVar[str] = "org.fieldhouse.orders.refunded.v1"
    subject: ClassVar[str] = "order_id"
    order_id: str
    label: str
    platform: str
    currency: Currency
    refund: Cents
    refunded: Cents


class OrderCancelled(Event):
    """An order that had been placed is not one any more."""

    type: ClassVar[str] = "org.fieldhouse.orders.cancelled.v1"
    subject: ClassVar[str] = "order_id"
    order_id: str
    label: str
    platform: str
