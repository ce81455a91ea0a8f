"""What a carrier is asked for and answers: parcels, their labels, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.message import Message
from deployments.shipping.events import ShipmentLine

Stage = Literal["waiting", "dispatched", "delivered"]
"""Where a parcel is: not with the carrier yet, on its way, or where it was to go."""


@dataclass(frozen=True)
class Parcel:
    """What is to be collected and brought, under the carrier's idempotency key.

    `carrier` and `service` are the names that the buyer chose by; `ordered_at` is the same at
    every repetition.
    """

    key: str
    carrier: str
    service: str
    destination: PostalAddress
    lines: tuple[ShipmentLine, ...]
    ordered_at: datetime


class Label(Message):
    """The carrier's own name for a parcel, and where its progress can be seen."""

    tracking_number: str
    tracking_url: str


@dataclass(frozen=True)
class TrackingStatus:
    """Where a parcel is, and the seconds after which it is worth asking again."""

    stage: Stage
    again_seconds: float
