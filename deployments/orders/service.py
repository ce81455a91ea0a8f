"""Orders' service: one method per method of its contract."""

from __future__ import annotations

from deployments.foundation.clock import Clock, utc_now
from deployments.foundation.refusal import StepUndone
from deployments.orders.contract import (
    GetOrder,
    Order,
    OrderNotFound,
    PlacedOrder,
    PlaceOrder,
    UndoPlacement,
    Withdrawn,
)
from deployments.orders.domain import order_of, placed_order
from deployments.orders.store import OrdersStore


class OrdersService:
    """Implements `OrdersApi`. Every method is one Redis round trip and no handle call."""

    def __init__(self, store: OrdersStore, public_url: str, clock: Clock = utc_now) -> None:
        self._store, self._public_url, self._clock = store, public_url, clock

    async def place(self, request: PlaceOrder) -> PlacedOrder:
        """See `OrdersApi`."""
        label = await self._store.place(request, self._clock())
        if label is None:
            raise StepUndone("This order was withdrawn before it arrived.")
        return placed_order(request.order_id, label, self._public_url)

    async def withdraw(self, request: UndoPlacement) -> Withdrawn:
        """See `OrdersApi`."""
        await self._store.withdraw(request, self._clock())
        return Withdrawn()

    async def get(self, request: GetOrder) -> Order:
        """See `OrdersApi`. An order of another platform is as unknown as one that is not there."""
        found = await self._store.read(request.order_id, request.platform)
        if found is None:
            raise OrderNotFound("There is no such order.")
        return order_of(*found, self._public_url)
