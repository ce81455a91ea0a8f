"""What inventory shows the other services: what is in stock, and how to reserve it.

`levels` has what staff see of it, `changes` what they change, `staff` the methods for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from pydantic import Field

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message, StepKey
from deployments.inventory.contract.ahead import SaleAhead, SellableUnits
from deployments.inventory.contract.levels import MAX_UNITS
from deployments.inventory.contract.staff import InventoryForStaff


class StockLine(Message):
    """Units of one SKU. Lines of a request may repeat a SKU: they are summed.

    At most `may_wait` of them may be units that are not here yet.
    """

    sku: str
    quantity: int = Field(ge=1, le=MAX_UNITS)
    may_wait: int = Field(default=0, ge=0, le=MAX_UNITS)


class CheckAvailability(Message):
    """SKUs to look up."""

    skus: tuple[str, ...]


class Availability(Message):
    """Units that can be sold now, all locations together; 0 for a SKU without a stock row.

    `ahead` has the SKUs of which further units can be sold before they are here.
    """

    units: dict[str, int]
    ahead: dict[str, SaleAhead] = Field(default_factory=dict)

    def by_sku(self) -> dict[str, SellableUnits]:
        """What can be sold of each SKU, here and ahead."""
        return {
            sku: SellableUnits(here=units, ahead=self.ahead.get(sku))
            for sku, units in self.units.items()
        }


class ReserveStock(Message):
    """Units to hold for a checkout. The hold lapses after `seconds` unless it is allocated."""

    key: StepKey
    reservation_id: str
    lines: tuple[StockLine, ...] = Field(min_length=1)
    seconds: int = Field(ge=1)


class Allocation(Message):
    """Units of a SKU taken from one location, which is `NOT_HERE` for those that are awaited."""

    sku: str
    location_id: int
    quantity: int


class Reservation(Message):
    """Units that are set aside, and where they lie."""

    id: str
    allocations: tuple[Allocation, ...]


class ReservationStep(Message):
    """One step of a saga upon the reservation it made."""

    key: StepKey
    reservation_id: str


class UndoReservation(Message):
    """Give a reservation back. `undoes` is the key of the reserving step, which is tombstoned."""

    undoes: StepKey
    reservation_id: str


class Done(Message):
    """The step has taken effect, now or before."""


class ReleaseExpired(Message):
    """Return reservations that lapsed, `limit` of them at most."""

    limit: int = Field(default=100, ge=1, le=1000)


class Released(Message):
    """How many reservations went back to stock."""

    count: int


class StockRow(Message):
    """Units of a SKU at a location."""

    sku: str
    location_id: int
    location_name: str
    quantity: int = Field(ge=0, le=MAX_UNITS)


class ReceiveStock(Message):
    """Units that arrive, under a batch name; a batch is taken in only once."""

    batch: str
    rows: tuple[StockRow, ...]


class StockReceived(Message):
    """How many rows a batch brought; 0 when it had been taken in before."""

    count: int


class Shortage(Message):
    """A SKU of which too little is left: what was asked for, and what there is."""

    sku: str
    wanted: int
    available: int


@dataclass(eq=False)
class OutOfStock(Rejection):
    """There are fewer units than asked for. Nothing was reserved."""

    shortages: tuple[Shortage, ...]
    code: ClassVar[str] = "inventory.out_of_stock"


@dataclass(eq=False)
class ReservationLapsed(Rejection):
    """The reservation is gone: it lapsed, was released, or never was."""

    code: ClassVar[str] = "inventory.reservation_lapsed"


@dataclass(eq=False)
class AlreadyCommitted(Rejection):
    """The reservation's units are sold, so it cannot be released: its saga must go forward."""

    code: ClassVar[str] = "inventory.already_committed"


class InventoryApi(InventoryForStaff, Protocol):
    """Inventory's contract, with what staff do.

    All steps are idempotent under their key, rejections included.

    A reservation is held (and lapses), then allocated (and does not); from both it can be
    committed or released, which is its end. It lapses when `release_expired` returns it after its
    deadline: until then its units are still set aside, and allocating or committing it succeeds.
    Units of it that are not here yet are given to it when they arrive; it is told as committed when
    it is, and all of them are here.
    """

    @repeatable
    async def availability(self, request: CheckAvailability) -> Availability:
        """What can be sold of each SKU."""
        ...

    @repeatable
    async def reserve(self, request: ReserveStock) -> Reservation:
        """Hold all lines or none. Rejects with `OutOfStock` or `StepUndone`."""
        ...

    @repeatable
    async def allocate(self, request: ReservationStep) -> Done:
        """Keep a held reservation until it is committed or released. `ReservationLapsed`."""
        ...

    @repeatable
    async def commit(self, request: ReservationStep) -> Done:
        """The reserved units are sold. Rejects with `ReservationLapsed`."""
        ...

    @repeatable
    async def release(self, request: UndoReservation) -> Done:
        """Undo `reserve`: units go back, and a `reserve` that arrives later is refused.

        Rejects with `AlreadyCommitted`, which only a mistake in a saga can bring about.
        """
        ...

    async def release_expired(self, request: ReleaseExpired) -> Released:
        """Return what lapsed to stock, once, however many ask. Their `reserve` is tombstoned."""
        ...

    async def receive(self, request: ReceiveStock) -> StockReceived:
        """Book units that arrive."""
        ...
