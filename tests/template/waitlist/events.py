"""What waitlist publishes, in the script that makes it true."""

from __future__ import annotations

from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.message import Message


class CalledBuyer(Message):
    """A buyer, by the platform's own name."""

    platform: str
    buyer: str


class BuyersCalled(Event):
    """A SKU is back, and these have waited for it longest: they are not in the list any more."""

    type: ClassVar[str] = "org.fieldhouse.waitlist.called.v1"
    subject: ClassVar[str] = "sku"
    sku: str
    buyers: tuple[CalledBuyer, ...]
