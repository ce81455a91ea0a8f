"""The interface of carriers, and which of them this store works with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from deployments.shipping.domain.parcels import Label, Parcel, TrackingStatus


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
