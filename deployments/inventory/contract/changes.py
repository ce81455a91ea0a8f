"""What staff change of the stock: deliveries, corrections, counts, transfers, locations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import Author, Reason
from deployments.foundation.values.message import Message
from deployments.inventory.contract.ahead import AheadKind
from deployments.inventory.contract.levels import (
    MAX_ROWS,
    MAX_UNITS,
    ChangeKey,
    LocationId,
    Place,
    Sku,
    StockLevel,
    TransferLine,
    Units,
)

MAX_LOCATIONS = 500
LocationName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)
]
MAX_TRANSFERS = 1000
"""Transfers that may be on their way at once."""


class StockChange(Message):
    """What every change of the stock by staff says: under which key, who makes it, and why."""

    key: ChangeKey
    author: Author
    reason: Reason = ""


def _each_once(places: Iterable[Place]) -> None:
    named = [(place.sku, place.location_id) for place in places]
    if len(set(named)) < len(named):
        raise ValueError("name each SKU at a location once only")


class ReceivedUnits(Place):
    """Units that arrived."""

    quantity: Units


class ReceiveDelivery(StockChange):
    """Units that arrived at locations that are known."""

    rows: tuple[ReceivedUnits, ...] = Field(min_length=1, max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _once(self) -> Self:
        _each_once(self.rows)
        return self


class AdjustedUnits(Place):
    """Units that are more than was thought, or, below zero, fewer."""

    by: int = Field(ge=-MAX_UNITS, le=MAX_UNITS)


class AdjustStock(StockChange):
    """Corrections, each of which says how many units more or fewer there are."""

    rows: tuple[AdjustedUnits, ...] = Field(min_length=1, max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _once(self) -> Self:
        _each_once(self.rows)
        return self


class CountedUnits(Place):
    """All units that lie at a location, those that are set aside and sold but not sent included.

    `expected` is what lay there when counting began: a count that began before something arrived
    or left is refused. None compares nothing.
    """

    counted: int = Field(ge=0, le=MAX_UNITS)
    expected: int | None = None


class CountStock(StockChange):
    """Counts. Selling goes on meanwhile: it moves nothing from its place until it is sent."""

    rows: tuple[CountedUnits, ...] = Field(min_length=1, max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _once(self) -> Self:
        _each_once(self.rows)
        return self


class SendTransfer(StockChange):
    """Units that leave a location for another, not for sale on their way; its id is the key."""

    source_id: LocationId
    target_id: LocationId
    lines: tuple[TransferLine, ...] = Field(min_length=1, max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({line.sku for line in self.lines}) < len(self.lines):
            raise ValueError("name each SKU once only")
        return self


class ReceiveTransfer(StockChange):
    """All units of a transfer have arrived. What is missing is adjusted afterwards."""

    transfer_id: ChangeKey


class NameLocation(Message):
    """A new location, or another name for one."""

    author: Author
    reason: Reason = ""
    id: LocationId
    name: LocationName


class AllowAhead(StockChange):
    """So many units in all of a SKU may be sold before they are here; 0 ends it.

    Those that are waited for already are among them. `expected` is the day that shoppers are told.
    """

    sku: Sku
    kind: AheadKind
    units: int = Field(ge=0, le=MAX_UNITS)
    expected: date


class MissingUnits(Place):
    """A place that has fewer units to take than a change would."""

    wanted: int
    available: int


@dataclass(eq=False)
class NotEnoughUnits(Rejection):
    """A change would take units that are not there or are set aside. Nothing was changed."""

    missing: tuple[MissingUnits, ...]
    code: ClassVar[str] = "inventory.not_enough_units"


@dataclass(eq=False)
class StaleCount(Rejection):
    """Units arrived or left since counting began; `levels` says what is there. Nothing changed."""

    levels: tuple[StockLevel, ...]
    code: ClassVar[str] = "inventory.stale_count"


@dataclass(eq=False)
class UnknownLocation(Rejection):
    """There is no such location."""

    location_id: int
    code: ClassVar[str] = "inventory.unknown_location"


@dataclass(eq=False)
class SameLocation(Rejection):
    """A transfer would go to where it comes from."""

    location_id: int
    code: ClassVar[str] = "inventory.same_location"


@dataclass(eq=False)
class UnknownTransfer(Rejection):
    """No transfer of this id is on its way: it has arrived, or never was."""

    transfer_id: str
    code: ClassVar[str] = "inventory.unknown_transfer"


@dataclass(eq=False)
class TooMany(Rejection):
    """There are as many transfers on their way, or as many locations, as there may be."""

    limit: int
    code: ClassVar[str] = "inventory.too_many"
