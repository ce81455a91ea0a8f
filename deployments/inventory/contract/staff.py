"""What inventory does for staff: a part of its protocol."""

from __future__ import annotations

from typing import Protocol

from deployments.foundation.rpc.contracts import repeatable
from deployments.inventory.contract.ahead import ListWaiting, Waiting
from deployments.inventory.contract.changes import (
    AdjustStock,
    AllowAhead,
    CountStock,
    NameLocation,
    ReceiveDelivery,
    ReceiveTransfer,
    SendTransfer,
)
from deployments.inventory.contract.levels import (
    GetLevels,
    ListLocations,
    ListLowStock,
    ListMovements,
    ListTransfers,
    Location,
    Locations,
    LowStock,
    Movements,
    StockLevels,
    Transfer,
    Transfers,
)


class InventoryForStaff(Protocol):
    """What staff see and change of the stock.

    A change takes effect for all its rows or none, once under its key, with an event for each row
    that tells who made it and why. It answers the levels of what it touched, and rejects with
    `UnknownLocation`.
    """

    # What staff see

    @repeatable
    async def levels(self, request: GetLevels) -> StockLevels:
        """The units of these SKUs at every location."""
        ...

    @repeatable
    async def low_stock(self, request: ListLowStock) -> LowStock:
        """A page of the SKUs of which few or none can be sold."""
        ...

    @repeatable
    async def movements(self, request: ListMovements) -> Movements:
        """A page of the ledger."""
        ...

    @repeatable
    async def waiting(self, request: ListWaiting) -> Waiting:
        """A page of the reservations that wait for units of a SKU which are not here."""
        ...

    @repeatable
    async def transfers(self, request: ListTransfers) -> Transfers:
        """What is on its way."""
        ...

    @repeatable
    async def locations(self, request: ListLocations) -> Locations:
        """Every location."""
        ...

    # What staff change

    @repeatable
    async def receive_delivery(self, request: ReceiveDelivery) -> StockLevels:
        """Book units that arrived."""
        ...

    @repeatable
    async def adjust(self, request: AdjustStock) -> StockLevels:
        """Correct levels. Rejects with `NotEnoughUnits`."""
        ...

    @repeatable
    async def count(self, request: CountStock) -> StockLevels:
        """Make what lies at each place what was counted; the ledger gets the difference.

        Rejects with `StaleCount`, and with `NotEnoughUnits` where fewer were counted than are set
        aside or sold.
        """
        ...

    @repeatable
    async def allow_ahead(self, request: AllowAhead) -> StockLevels:
        """Say how many units of a SKU may be sold before they are here.

        Rejects with `AllowanceTooLow` or `ExpectedInThePast`.
        """
        ...

    @repeatable
    async def send_transfer(self, request: SendTransfer) -> Transfer:
        """Send units to another location.

        Rejects with `NotEnoughUnits`, `SameLocation` or `TooMany`.
        """
        ...

    @repeatable
    async def receive_transfer(self, request: ReceiveTransfer) -> StockLevels:
        """The units of a transfer have arrived. Rejects with `UnknownTransfer`."""
        ...

    @repeatable
    async def name_location(self, request: NameLocation) -> Location:
        """A new location, or a new name for one. Rejects with `TooMany`."""
        ...
