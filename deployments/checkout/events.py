"""What checkout publishes, each in the script that made it true. The subject is the session."""

from __future__ import annotations

from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.message import Cents, Currency


class CheckoutEvent(Event):
    """What the events about a session have in common; `cart_id` if it was made of a cart."""

    subject: ClassVar[str] = "session_id"
    session_id: str
    platform: str
    cart_id: str | None = None


class CheckoutStarted(CheckoutEvent):
    """There is a new session. Its total may still change."""

    type: ClassVar[str] = "org.fieldhouse.checkout.started.v1"
    currency: Currency
    total: Cents


class CheckoutCompleted(CheckoutEvent):
    """The session became an order."""

    type: ClassVar[str] = "org.fieldhouse.checkout.completed.v1"
    order_id: str
    currency: Currency
    total: Cents


class CheckoutFailed(CheckoutEvent):
    """An attempt at completing was undone; the session can be completed still.

    `reason` is the rejection's code, such as `payment_failed`, or `unavailable` if a service
    gave no answer.
    """

    type: ClassVar[str] = "org.fieldhouse.checkout.failed.v1"
    reason: str


class CheckoutCancelled(CheckoutEvent):
    """The platform cancelled the session. One that only expires is not published."""

    type: ClassVar[str] = "org.fieldhouse.checkout.cancelled.v1"
