"""What inventory publishes, each in the script that made it true."""

from __future__ import annotations

from typing import ClassVar, Literal

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.authorship import Change
from deployments.foundation.values.message import Message


class ReservedUnits(Message):
    """Units of a SKU at one location."""

    sku: str
    location_id: int
    quantity: int


class ReservationEvent(Event):
    """What the events about a reservation have in common."""

    subject: ClassVar[str] = "reservation_id"
    reservation_id: str
    lines: tuple[ReservedUnits, ...]


class StockReserved(ReservationEvent):
    """Units were set aside."""

    type: ClassVar[str] = "org.fieldhouse.inventory.reserved.v1"


class StockCommitted(ReservationEvent):
    """The units are sold, and all of them are here."""

    type: ClassVar[str] = "org.fieldhouse.inventory.committed.v1"


class StockReleased(ReservationEvent):
    """The units went back to sale, because somebody said so or the reservation lapsed."""

    type: ClassVar[str] = "org.fieldhouse.inventory.released.v1"
    why: Literal["released", "lapsed"]


class StockLevelEvent(Event):
    """What the events about a SKU have in common: how many units can be sold, everywhere."""

    subject: ClassVar[str] = "sku"
    sku: str
    available: int


class StockLow(StockLevelEvent):
    """Few units are left: five, or fewer."""

    type: ClassVar[str] = "org.fieldhouse.inventory.low.v1"


class StockOut(StockLevelEvent):
    """No unit is left."""

    type: ClassVar[str] = "org.fieldhouse.inventory.out.v1"


class StockBack(StockLevelEvent):
    """There are units again, of a SKU that had run out."""

    type: ClassVar[str] = "org.fieldhouse.inventory.back.v1"


class StockChanged(Event):
    """Staff changed how many units of a SKU there are at a location."""

    type: ClassVar[str] = "org.fieldhouse.inventory.stock_changed.v1"
    subject: ClassVar[str] = "sku"
    sku: str
    location_id: int
    change: Change


class SaleAheadAllowed(Event):
    """Staff said how many units of a SKU may be sold before they are here."""

    type: ClassVar[str] = "org.fieldhouse.inventory.sale_ahead_allowed.v1"
    subject: ClassVar[str] = "sku"
    sku: str
    change: Change


class LocationNamed(Event):
    """A location is new, or has another name."""

    type: ClassVar[str] = "org.fieldhouse.inventory.location_named.v1"
    subject: ClassVar[str] = "location_id"
    location_id: str
    name: str
    change: Change
