"""Waitlist's contract, answered, and the event that it follows."""

from __future__ import annotations

import asyncio

from deployments.catalog.contract import CatalogApi, ResolveItems
from deployments.foundation.values.clock import Clock, utc_now
from deployments.inventory.contract import CheckAvailability, InventoryApi
from tests.template.waitlist.contract import (
    InStock,
    ListFull,
    NoSuchItem,
    NotWaiting,
    Place,
    WaitingBuyer,
)
from tests.template.waitlist.domain import MOST_WAITING, called_at_once
from tests.template.waitlist.store import WaitlistStore


class WaitlistService:
    """Implements `WaitlistApi`. Joining takes two calls at once and one round trip."""

    def __init__(
        self,
        store: WaitlistStore,
        catalog: CatalogApi,
        inventory: InventoryApi,
        clock: Clock = utc_now,
    ) -> None:
        self._store, self._clock = store, clock
        self._catalog, self._inventory = catalog, inventory

    async def join(self, request: WaitingBuyer) -> Place:
        """See `WaitlistApi`."""
        sku = request.sku
        found, stock = await asyncio.gather(
            self._catalog.resolve(ResolveItems(ids=(sku,))),
            self._inventory.availability(CheckAvailability(skus=(sku,))),
        )
        if sku not in found.items:
            raise NoSuchItem("The store does not sell this. Take a SKU from the catalogue.")
        if stock.units[sku] > 0:
            raise InStock("There is some in stock: put it into a cart.")
        place = await self._store.join(sku, request.platform, request.buyer, self._clock())
        if place is None:
            raise ListFull(f"{MOST_WAITING} buyers wait for this already. Try again another day.")
        return Place(sku=sku, place=place)

    async def find(self, request: WaitingBuyer) -> Place:
        """See `WaitlistApi`."""
        place = await self._store.find(request.sku, request.platform, request.buyer)
        if place is None:
            raise NotWaiting("This buyer does not wait for this SKU.")
        return Place(sku=request.sku, place=place)

    async def back_in_stock(self, event_id: str, sku: str, units: int) -> None:
        """An event says that there are units again: call as many buyers, once for an event."""
        await self._store.call(event_id, sku, called_at_once(units), self._clock())
