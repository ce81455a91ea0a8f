"""What a carrier must be able to do, and which carriers there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

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


class Carrier(Protocol):
    """One carrier, or a broker of several. What is not answered raises, and is asked again."""

    @property
    def names(self) -> frozenset[str]:
        """The carriers of shipping methods whose parcels it takes."""
        ...

    async def book(self, parcel: Parcel) -> Label:
        """Order the parcel's collection. A key that was used before gets the same label."""
        ...

    async def look_up(self, tracking_number: str) -> TrackingStatus:
        """Where a parcel is that was booked here."""
        ...


class UnknownCarrierError(Exception):
    """No carrier of that name was composed: its shipments wait until one is."""


class Carriers:
    """The carriers that this store works with, by name."""

    def __init__(self, carriers: Iterable[Carrier]) -> None:
        self._by_name = {name: carrier for carrier in carriers for name in carrier.names}

    def of(self, name: str) -> Carrier:
        """The carrier of that name. Raises `UnknownCarrierError`."""
        if name not in self._by_name:
            raise UnknownCarrierError(name)
        return self._by_name[name]
