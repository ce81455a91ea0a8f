"""An inventory with a clock that a test moves, and short words for what is asked of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope, schema_of
from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.inventory.consumers import InventoryConsumers
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
from deployments.inventory.service import InventoryService
from deployments.inventory.store import InventoryStore
from deployments.shipping.events import ShipmentDispatched, ShipmentLine

HOLD_SECONDS = 600


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self._time = datetime(2026, 4, 8, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self._time

    def move(self, seconds: float) -> None:
        self._time += timedelta(seconds=seconds)


class Shop:
    """Inventory behind the seam. What a saga called `r` does has keys `r:reserve` and so on."""

    def __init__(self, redis: Redis, clock: Hands | None = None) -> None:
        self.clock = clock or Hands()
        self.store = InventoryStore(redis)
        service = InventoryService(self.store, self.clock.now)
        (self.consumes,) = InventoryConsumers(service).subscriptions()
        self.api = client_of(InventoryApi, Endpoint(InventoryApi, service), seconds=60)

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

    async def allocate(self, saga: str) -> None:
        await self.api.allocate(ReservationStep(key=f"{saga}:allocate", reservation_id=saga))

    async def commit(self, saga: str) -> None:
        await self.api.commit(ReservationStep(key=f"{saga}:commit", reservation_id=saga))

    async def release(self, saga: str) -> None:
        await self.api.release(UndoReservation(undoes=f"{saga}:reserve", reservation_id=saga))

    async def release_expired(self, limit: int = 100) -> int:
        return (await self.api.release_expired(ReleaseExpired(limit=limit))).count

    async def ship(self, event_id: str, saga: str, at: int, *lines: tuple[str, int]) -> None:
        """Hear that a shipment left."""
        envelope = dispatched(event_id, saga, at, *lines)
        handler = self.consumes.handler_of(envelope.type)
        assert handler is not None
        await handler(envelope)


def dispatched(event_id: str, saga: str, at: int, *lines: tuple[str, int]) -> Envelope:
    """The event as shipping publishes it."""
    event = ShipmentDispatched(
        shipment_id=f"shipment_{saga}_{at}",
        order_id=f"order_{saga}",
        reservation_id=saga,
        location_id=at,
        carrier="Carrier",
        lines=tuple(
            ShipmentLine(line_id=f"li_{n}", sku=sku, quantity=quantity)
            for n, (sku, quantity) in enumerate(lines, 1)
        ),
        tracking_number="1Z",
        tracking_url="http://carrier/1Z",
    )
    return Envelope.model_validate(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": "/services/shipping",
            "type": event.type,
            "subject": event.shipment_id,
            "time": "2026-04-08T12:00:00Z",
            "dataschema": schema_of(event.type),
            "datacontenttype": "application/json",
            "sequence": 2,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": event.model_dump(mode="json"),
        }
    )
