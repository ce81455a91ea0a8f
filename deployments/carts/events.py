"""What carts publishes, each in the script that made it true. The subject is the cart."""

from __future__ import annotations

from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.message import Cents, Currency, Message


class LineEvent(Event):
    """What the events about a cart's line have in common. `country` is as the client gave it."""

    subject: ClassVar[str] = "cart_id"
    cart_id: str
    platform: str
    line_id: str
    sku: str
    title: str
    unit_price: Cents
    quantity: int
    weight_grams: int | None = None
    country: str | None = None


class LineAdded(LineEvent):
    """A cart has a new line, this one."""

    type: ClassVar[str] = "org.fieldhouse.carts.line_added.v1"


class LineChanged(LineEvent):
    """A line has another quantity, or its cart is to go to another country: these."""

    type: ClassVar[str] = "org.fieldhouse.carts.line_changed.v1"


class LineRemoved(LineEvent):
    """A line is gone; the event tells what it was."""

    type: ClassVar[str] = "org.fieldhouse.carts.line_removed.v1"


class CartCancelled(Event):
    """The cart is gone, and its lines with it."""

    type: ClassVar[str] = "org.fieldhouse.carts.cancelled.v1"
    subject: ClassVar[str] = "cart_id"
    cart_id: str
    platform: str


class AbandonedLine(Message):
    """A line as the buyer left it."""

    sku: str
    title: str
    quantity: int
    unit_price: Cents


class CartAbandoned(Event):
    """Nobody changed or bought the cart for a while. A later change may be left again.

    `total` is what the lines cost less `discount`, with `tax`.
    """

    type: ClassVar[str] = "org.fieldhouse.carts.abandoned.v1"
    subject: ClassVar[str] = "cart_id"
    cart_id: str
    platform: str
    buyer_email: str | None = None
    currency: Currency
    total: Cents
    lines: tuple[AbandonedLine, ...]
    discount: Cents = 0
    tax: Cents = 0
