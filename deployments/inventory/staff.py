"""What staff see and change of the stock: a part of inventory's API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.clock import Clock
from deployments.inventory.contract.ahead import (
    AllowanceTooLow,
    ExpectedInThePast,
    ListWaiting,
    Waiting,
)
from deployments.inventory.contract.changes import (
    MAX_LOCATIONS,
    AdjustStock,
    AllowAhead,
    CountStock,
    MissingUnits,
    NameLocation,
    NotEnoughUnits,
    ReceiveDelivery,
    ReceiveTransfer,
    SameLocation,
    SendTransfer,
    StaleCount,
    TooMany,
    UnknownLocation,
    UnknownTransfer,
)
from deployments.inventory.contract.levels import (
    GetLevels,
    ListLocations,
    ListLowStock,
    ListMovements,
    ListTransfers,
    Location,
    Locations,
    LowSku,
    LowStock,
    Movements,
    StockLevel,
    StockLevels,
    StockMovement,
    Transfer,
    Transfers,
)
from deployments.inventory.domain.ledger import Movement
from deployments.inventory.domain.levels import Places, ahead_of, levels_of, terms_of
from deployments.inventory.staff_store import PlacedNumber, StaffOutcome, StaffStockStore
from deployments.inventory.store import places_of


class StaffInventory:
    """Implements `InventoryForStaff`. `now` says when a change is made."""

    def __init__(self, store: StaffStockStore, now: Clock) -> None:
        self._staff_store = store
        self._now = now

    async def levels(self, request: GetLevels) -> StockLevels:
        """The units of these SKUs at every location."""
        rows = await self._staff_store.rows(request.skus)
        return await self._with_ahead(rows)

    async def low_stock(self, request: ListLowStock) -> LowStock:
        """A page of the SKUs of which few or none can be sold."""
        skus, total = await self._staff_store.low(request.at_most, request.cursor, request.limit)
        end = request.cursor + len(skus)
        low = tuple(LowSku(sku=sku, available=units) for sku, units in skus)
        return LowStock(skus=low, total=total, cursor=end if end < total else None)

    async def movements(self, request: ListMovements) -> Movements:
        """A page of the ledger."""
        page = await self._staff_store.ledger(request.sku, request.cursor, request.limit)
        return Movements(
            movements=tuple(_told(*entry) for entry in page.entries), cursor=page.older
        )

    async def waiting(self, request: ListWaiting) -> Waiting:
        """A page of the reservations that wait for units of a SKU."""
        found, total = await self._staff_store.waiting(request.sku, request.cursor, request.limit)
        end = request.cursor + request.limit
        return Waiting(reservations=tuple(found), total=total, cursor=end if end < total else None)

    async def transfers(self, request: ListTransfers) -> Transfers:
        """What is on its way, oldest first."""
        at = request.location_id
        found = [
            one
            for one in await self._staff_store.transfers()
            if at in {None, one.source_id, one.target_id}
        ]
        return Transfers(transfers=tuple(sorted(found, key=lambda one: (one.sent_at, one.id))))

    async def locations(self, request: ListLocations) -> Locations:  # noqa: ARG002 - all of them.
        """Every location."""
        return Locations(locations=tuple(await self._staff_store.locations()))

    async def receive_delivery(self, request: ReceiveDelivery) -> StockLevels:
        """Book units that arrived."""
        rows = [PlacedNumber(row.sku, row.location_id, row.quantity) for row in request.rows]
        return _levels(await self._staff_store.change("received", request, rows, self._now()))

    async def adjust(self, request: AdjustStock) -> StockLevels:
        """Correct levels."""
        rows = [PlacedNumber(row.sku, row.location_id, row.by) for row in request.rows]
        return _levels(await self._staff_store.change("adjusted", request, rows, self._now()))

    async def count(self, request: CountStock) -> StockLevels:
        """Make what lies at each place what was counted."""
        rows = [
            PlacedNumber(row.sku, row.location_id, row.counted, row.expected)
            for row in request.rows
        ]
        return _levels(await self._staff_store.change("counted", request, rows, self._now()))

    async def allow_ahead(self, request: AllowAhead) -> StockLevels:
        """Say how many units of a SKU may be sold before they are here."""
        now, terms = self._now(), terms_of(request.kind, request.expected)
        if request.units and terms.until <= now.timestamp() * 1000:
            sentence = f"{request.expected} is over. Name the day by which the units are expected."
            raise ExpectedInThePast(sentence, expected=str(request.expected))
        outcome = await self._staff_store.allow_ahead(request, terms, now)
        if outcome.waiting is not None:
            sentence = f"{outcome.waiting} units are waited for already. Allow as many at least."
            raise AllowanceTooLow(sentence, waiting=outcome.waiting)
        rows = {sku: places_of(row) for sku, row in (outcome.touched or {}).items()}
        return await self._with_ahead(rows)

    async def _with_ahead(self, rows: Mapping[str, Places]) -> StockLevels:
        terms = await self._staff_store.terms(list(rows))
        ahead = (ahead_of(sku, places, terms.get(sku)) for sku, places in rows.items())
        return StockLevels(
            levels=tuple(one for sku, places in rows.items() for one in levels_of(sku, places)),
            ahead=tuple(one for one in ahead if one is not None),
        )

    async def send_transfer(self, request: SendTransfer) -> Transfer:
        """Send units to another location."""
        if request.source_id == request.target_id:
            sentence = "A transfer goes to another location. Choose another one."
            raise SameLocation(sentence, location_id=request.target_id)
        now = self._now()
        transfer = Transfer(
            id=request.key,
            source_id=request.source_id,
            target_id=request.target_id,
            lines=request.lines,
            sent_by=request.author.name,
            sent_at=now,
        )
        outcome = await self._staff_store.send(request, transfer, now)
        if outcome.transfer is None:
            raise _rejection(outcome)
        return outcome.transfer

    async def receive_transfer(self, request: ReceiveTransfer) -> StockLevels:
        """The units of a transfer have arrived."""
        outcome = await self._staff_store.arrive(request, self._now())
        if outcome.unknown_transfer:
            sentence = f"No transfer {request.transfer_id} is on its way. Look whether it arrived."
            raise UnknownTransfer(sentence, transfer_id=request.transfer_id)
        return _levels(outcome)

    async def name_location(self, request: NameLocation) -> Location:
        """A new location, or a new name for one."""
        if (await self._staff_store.name(request, self._now())).full is not None:
            sentence = f"There are {MAX_LOCATIONS} locations already. Rename one of them."
            raise TooMany(sentence, limit=MAX_LOCATIONS)
        return Location(id=request.id, name=request.name)


def _told(id_: str, movement: Movement) -> StockMovement:
    account = movement.batch or movement.reservation or movement.change or movement.transfer
    at = datetime.fromtimestamp(movement.at / 1000, UTC)
    told = movement.model_dump(mode="json") | {"id": id_, "at": at, "account": account or ""}
    return StockMovement.model_validate(told)


def _levels(outcome: StaffOutcome) -> StockLevels:
    if outcome.touched is None:
        raise _rejection(outcome)
    return StockLevels(levels=_rows(outcome.touched))


def _rows(rows: Mapping[str, str]) -> tuple[StockLevel, ...]:
    return tuple(level for sku in sorted(rows) for level in levels_of(sku, places_of(rows[sku])))


def _rejection(outcome: StaffOutcome) -> Rejection:
    if outcome.unknown_location is not None:
        sentence = f"There is no location {outcome.unknown_location}. Name it first."
        return UnknownLocation(sentence, location_id=outcome.unknown_location)
    if outcome.moved is not None:
        skus = ", ".join(sorted(outcome.moved))
        sentence = f"{skus} arrived or left since counting began. Count again."
        return StaleCount(sentence, levels=_rows(outcome.moved))
    if outcome.full is not None:
        sentence = f"{outcome.full} transfers are on their way already. Receive some of them first."
        return TooMany(sentence, limit=outcome.full)
    return NotEnoughUnits(_short(outcome.missing), missing=outcome.missing)


def _short(missing: tuple[MissingUnits, ...]) -> str:
    places = (
        f"{one.wanted} of {one.sku} at location {one.location_id}, where {one.available} are free"
        for one in missing
    )
    return f"This would take {'; '.join(places)}. What is set aside or sold stays."
