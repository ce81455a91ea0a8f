"""Inventory's API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.foundation.values.clock import Clock
from deployments.inventory.contract import (
    AlreadyCommitted,
    Availability,
    CheckAvailability,
    Done,
    OutOfStock,
    ReceiveStock,
    Released,
    ReleaseExpired,
    Reservation,
    ReservationLapsed,
    ReservationStep,
    ReserveStock,
    Shortage,
    StockLine,
    StockReceived,
    UndoReservation,
)
from deployments.inventory.domain.stock import summed
from deployments.inventory.staff import StaffInventory
from deployments.inventory.staff_store import StaffStockStore
from deployments.inventory.store import InventoryStore, MovementOutcome


class InventoryService(StaffInventory):
    """Implements `InventoryApi`. `now` says when holds begin and lapse."""

    def __init__(self, store: InventoryStore, staff: StaffStockStore, now: Clock) -> None:
        super().__init__(staff, now)
        self._store = store

    async def availability(self, request: CheckAvailability) -> Availability:
        """What can be sold of each SKU."""
        found = await self._store.sellable(request.skus, self._now())
        return Availability(
            units={sku: one.here for sku, one in found.items()},
            ahead={sku: one.ahead for sku, one in found.items() if one.ahead is not None},
        )

    async def reserve(self, request: ReserveStock) -> Reservation:
        """Hold all lines or none."""
        now = self._now()
        outcome = await self._store.reserve(
            request.reservation_id,
            request.key,
            summed(request.lines),
            now=now,
            until=now + timedelta(seconds=request.seconds),
        )
        if outcome.reservation is None:
            raise _out_of_stock(outcome.shortages) if outcome.shortages else _rejection(outcome)
        return outcome.reservation

    async def allocate(self, request: ReservationStep) -> Done:
        """Keep a held reservation until it is committed or released."""
        return _done(
            await self._store.allocate(request.reservation_id, request.key, now=self._now())
        )

    async def commit(self, request: ReservationStep) -> Done:
        """The reserved units are sold."""
        return _done(await self._store.commit(request.reservation_id, request.key, now=self._now()))

    async def release(self, request: UndoReservation) -> Done:
        """Give units back, and refuse the step that reserves them if it arrives later."""
        return _done(
            await self._store.release(request.reservation_id, request.undoes, now=self._now())
        )

    async def release_expired(self, request: ReleaseExpired) -> Released:
        """Return what lapsed to stock."""
        return Released(count=await self._store.release_expired(request.limit, now=self._now()))

    async def receive(self, request: ReceiveStock) -> StockReceived:
        """Book units that arrive."""
        count = await self._store.receive(request.batch, request.rows, now=self._now())
        return StockReceived(count=count)

    async def ship(
        self, event_id: str, reservation_id: str, location_id: int, lines: Iterable[StockLine]
    ) -> None:
        """Sold units of a reservation left a location, all of them; once for an event.

        More than are sold there is a bug, and raised: then nothing has moved.
        """
        units = {sku: wanted.units for sku, wanted in summed(lines).items()}
        await self._store.ship(event_id, reservation_id, location_id, units, now=self._now())


def _done(outcome: MovementOutcome) -> Done:
    if outcome.refused is not None:
        raise _rejection(outcome)
    return Done()


def _rejection(outcome: MovementOutcome) -> Rejection:
    match outcome.refused:
        case "undone":
            return StepUndone("This step was undone, or its hold lapsed. Start a new reservation.")
        case "committed":
            return AlreadyCommitted("These units are sold. A return is another movement.")
        case "lapsed":
            return ReservationLapsed("There is no such reservation any more. Reserve again.")
        case None:
            raise AssertionError("the script neither did nor refused anything")


def _out_of_stock(shortages: tuple[Shortage, ...]) -> OutOfStock:
    skus = ", ".join(shortage.sku for shortage in shortages)
    return OutOfStock(f"There is too little left of {skus}.", shortages=shortages)
