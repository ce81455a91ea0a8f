"""What shipping publishes, each in the script that made it true."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.message import Cents, Message


class EstimatedOption(Message):
    """One way to deliver a cart as it is, its price, and the days between which it would arrive."""

    id: str
    title: str
    carrier: str
    amount: Cents
    earliest: datetime
    latest: datetime


class DeliveryEstimated(Event):
    """How a cart could be delivered, cheapest first; no options if nothing delivers there.

    `country` is where to, as an alpha-2 code: the store's own if the cart names none, and none if
    the cart names one that does not exist. `cart_sequence` is the number of the cart's event that
    led to this: the estimate is of the cart as it was then.
    """

    type: ClassVar[str] = "org.fieldhouse.shipping.estimated.v1"
    subject: ClassVar[str] = "cart_id"
    cart_id: str
    cart_sequence: int | None = None
    country: str | None = None
    options: tuple[EstimatedOption, ...] = ()


class ShipmentLine(Message):
    """Units of an order's line in one shipment; `line_id` is the line's."""

    line_id: str
    sku: str
    quantity: int


class ShipmentEvent(Event):
    """What the events about a shipment have in common: what it carries, and whence."""

    subject: ClassVar[str] = "shipment_id"
    shipment_id: str
    order_id: str
    reservation_id: str
    location_id: int
    carrier: str
    lines: tuple[ShipmentLine, ...]


class ShipmentCreated(ShipmentEvent):
    """A part of a paid order is to leave from one stock location."""

    type: ClassVar[str] = "org.fieldhouse.shipping.created.v1"


class ShipmentDispatched(ShipmentEvent):
    """The carrier has taken it over."""

    type: ClassVar[str] = "org.fieldhouse.shipping.dispatched.v1"
    tracking_number: str
    tracking_url: str


class ShipmentDelivered(ShipmentEvent):
    """It has arrived."""

    type: ClassVar[str] = "org.fieldhouse.shipping.delivered.v1"
    tracking_number: str
    tracking_url: str
