"""Inventory with a clock that a test moves, and short words for what is asked of it."""

from __future__ import annotations

from datetime import UTC, datetime

from redis.asyncio import Redis

from deployments.foundation.placement.host import nowhere
from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.inventory.contract import (
    CheckAvailability,
    InventoryApi,
    ReceiveStock,
    ReleaseExpired,
    Reservation,
    ReservationStep,
    ReserveStock,
    StockLine,
    StockRow,
    UndoReservation,
)
from deployments.inventory.deployment import compose
from deployments.inventory.records import InventoryRecords
from deployments.inventory.staff_store import StaffStockStore
from deployments.inventory.store import InventoryStore
from tests.clock import ManualClock
from tests.unit.inventory.sample_events import dispatched

HOLD_SECONDS = 600
NOW = datetime(2026, 4, 8, 12, tzinfo=UTC)


class InventoryClient:
    """Inventory behind the seam. What a saga called `r` does has keys `r:reserve` and so on."""

    def __init__(self, redis: Redis, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock(NOW)
        self.store, self.records = InventoryStore(redis), InventoryRecords(redis)
        self.staff_store = StaffStockStore(redis)
        inventory = compose(redis, nowhere, clock=self.clock)
        (self.consumes,) = inventory.subscriptions
        self.api = client_of(InventoryApi, Endpoint(InventoryApi, inventory.service), seconds=60)

    async def receive(self, batch: str, *rows: tuple[str, int, int]) -> int:
        stock = tuple(
            StockRow(sku=sku, location_id=at, location_name=f"Place {at}", quantity=quantity)
            for sku, at, quantity in rows
        )
        return (await self.api.receive(ReceiveStock(batch=batch, rows=stock))).count

    async def available(self, *skus: str) -> dict[str, int]:
        return (await self.api.availability(CheckAvailability(skus=skus))).units

    async def reserve(
        self, saga: str, *lines: tuple[str, int], seconds: int = HOLD_SECONDS
    ) -> Reservation:
        wanted = tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in lines)
        return await self.api.reserve(
            ReserveStock(key=f"{saga}:reserve", reservation_id=saga, lines=wanted, seconds=seconds)
        )

    async def reserve_ahead(self, saga: str, sku: str, units: int, may_wait: int) -> Reservation:
        """Reserve units of which some may be awaited."""
        wanted = (StockLine(sku=sku, quantity=units, may_wait=may_wait),)
        return await self.api.reserve(
            ReserveStock(
                key=f"{saga}:reserve", reservation_id=saga, lines=wanted, seconds=HOLD_SECONDS
            )
        )

    async def allocate(self, saga: str) -> None:
        await self.api.allocate(ReservationStep(key=f"{saga}:allocate", reservation_id=saga))

    async def commit(self, saga: str) -> None:
        await self.api.commit(ReservationStep(key=f"{saga}:commit", reservation_id=saga))

    async def release(self, saga: str) -> None:
        await self.api.release(UndoReservation(undoes=f"{saga}:reserve", reservation_id=saga))

    async def release_expired(self, limit: int = 100) -> int:
        return (await self.api.release_expired(ReleaseExpired(limit=limit))).count

    async def ship(self, event_id: str, saga: str, at: int, *lines: tuple[str, int]) -> None:
        """Consume that a shipment left."""
        envelope = dispatched(event_id, saga, at, *lines)
        handler = self.consumes.handler_of(envelope.type)
        assert handler is not None
        await handler(envelope)
