"""Who waits for a SKU: inventory's queue, with the orders that orders knows."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.ahead import ListWaiting
from deployments.orders.contract import OrdersApi
from deployments.orders.contract.staff import OrderRow, OrdersOf


class WaitingOrder(BaseModel):
    """Somebody who waits: his place in the queue, for how many units, and since when.

    There is no order while a checkout goes on, which holds the units; they may be given back.
    """

    place: int
    units: int
    since: datetime
    sold: bool
    order: OrderRow | None = None


class WaitingPage(BaseModel):
    """Those who wait, the longest first, and how many there are; `cursor` leads to the next."""

    waiting: list[WaitingOrder]
    total: int
    cursor: int | None = None


class WaitingOrders:
    """The queue of a SKU, upon inventory and orders."""

    def __init__(self, inventory: InventoryApi, orders: OrdersApi) -> None:
        self._inventory, self._orders = inventory, orders

    async def page(self, sku: str, start: int, limit: int) -> WaitingPage:
        """A page of the queue from a place on."""
        queue = await self._inventory.waiting(ListWaiting(sku=sku, cursor=start, limit=limit))
        wanted = tuple(one.reservation_id for one in queue.reservations)
        known = (await self._orders.orders_of(OrdersOf(reservations=wanted))).orders
        waiting = [
            WaitingOrder(
                place=place,
                units=one.units,
                since=one.since,
                sold=one.sold,
                order=known.get(one.reservation_id),
            )
            for place, one in enumerate(queue.reservations, start + 1)
        ]
        return WaitingPage(waiting=waiting, total=queue.total, cursor=queue.cursor)
