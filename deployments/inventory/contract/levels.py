"""What staff see of the stock: levels by location, what is on its way, the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from deployments.foundation.values.message import Message
from deployments.inventory.contract.ahead import AheadLevel

MAX_UNITS = 10**9
"""More than any line or delivery has. Sums of such numbers are exact wherever they are made."""
MAX_ROWS = 500
"""Rows of one request by staff; whoever has more sends several."""
MAX_PAGE = 200

ChangeKey = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\w.:-]+$")]
"""The caller's name for one change: repeated within a week, it has no second effect."""
Sku = Annotated[str, StringConstraints(min_length=1, max_length=255)]
LocationId = Annotated[int, Field(ge=1, le=10**6)]
Units = Annotated[int, Field(ge=1, le=MAX_UNITS)]


class Place(Message):
    """A SKU at a location."""

    sku: Sku
    location_id: LocationId


class TransferLine(Message):
    """Units of a SKU that go from one location to another."""

    sku: Sku
    quantity: Units


class Transfer(Message):
    """Units on their way from one location to another, since `sent_at`."""

    id: ChangeKey
    source_id: LocationId
    target_id: LocationId
    lines: tuple[TransferLine, ...]
    sent_by: str
    sent_at: datetime


class ListTransfers(Message):
    """What is on its way to or from a location; none is everything."""

    location_id: LocationId | None = None


class Transfers(Message):
    """What is on its way, oldest first."""

    transfers: tuple[Transfer, ...]


class StockLevel(Place):
    """Units of a SKU at a location.

    `available` can be sold, `held` is set aside for checkouts, `sold` is sold and not sent yet,
    `incoming` is on its way here.
    """

    available: int
    held: int
    sold: int
    incoming: int

    @property
    def on_hand(self) -> int:
        """Units that lie there, whoever they are for."""
        return self.available + self.held + self.sold


class GetLevels(Message):
    """SKUs to look up."""

    skus: tuple[Sku, ...] = Field(max_length=MAX_ROWS)


class StockLevels(Message):
    """Levels in the order of SKUs and locations; nothing of a SKU that never had any."""

    levels: tuple[StockLevel, ...]
    ahead: tuple[AheadLevel, ...] = ()


class ListLowStock(Message):
    """SKUs of which at most so many units can be sold; `cursor` is what the page before gave."""

    at_most: int = Field(default=5, ge=0, le=MAX_UNITS)
    cursor: int = Field(default=0, ge=0)
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class LowSku(Message):
    """A SKU, and how many units can be sold, all locations together."""

    sku: Sku
    available: int


class LowStock(Message):
    """A page of SKUs, fewest units first; `cursor` is none on the last one."""

    skus: tuple[LowSku, ...]
    total: int
    cursor: int | None = None


_ENTRY = r"^[1-9]\d{0,18}-\d{1,18}$"
"""An entry's id in a stream, of numbers that Redis takes."""


class ListMovements(Message):
    """A page of the ledger, newest first, of all SKUs or one; `cursor` is that of the page before.

    One answer looks at 5,000 entries at most, so that a page of a SKU may have few or none and yet
    lead on.
    """

    sku: Sku | None = None
    cursor: Annotated[str, StringConstraints(pattern=_ENTRY)] | None = None
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class StockMovement(Message):
    """An entry of the ledger, as `domain.Movement` has it: what moved, why, and by whose hand.

    `account` names what it belongs to: a batch, a reservation, a change, a transfer.
    """

    id: str
    sku: str
    location_id: int
    source: str
    target: str
    quantity: int
    why: str
    at: datetime
    account: str
    author: str | None = None
    reason: str | None = None


class Movements(Message):
    """A page of the ledger; `cursor` is none where it ends."""

    movements: tuple[StockMovement, ...]
    cursor: str | None = None


class Location(Message):
    """A place where stock lies."""

    id: LocationId
    name: str


class ListLocations(Message):
    """Nothing to say: all locations."""


class Locations(Message):
    """Every location, by id."""

    locations: tuple[Location, ...]
