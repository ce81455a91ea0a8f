"""What is for sale, and how much of it there is, as carts and checkouts show it.

Both are asked for at every write and change far more seldom, so what the catalogue and inventory
said within the last second serves everybody. Nothing is agreed by it: completing a checkout
reserves its units, and redeems its codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deployments.catalog.contract import CatalogApi, ResolvedItems, ResolveItems, Variant
from deployments.foundation.rpc.recent import RecentAnswers
from deployments.foundation.values.clock import Clock, utc_now
from deployments.inventory.contract import CheckAvailability, InventoryApi
from deployments.inventory.contract.ahead import SellableUnits

RECENT_SECONDS = 1.0
"""How old a price, a title or the units in stock may be that a cart or a session shows."""


class Goods:
    """The catalogue and inventory, asked about a thing once in `seconds` by each process."""

    def __init__(
        self,
        catalog: CatalogApi,
        inventory: InventoryApi,
        *,
        seconds: float = RECENT_SECONDS,
        clock: Clock = utc_now,
    ) -> None:
        self._catalog, self._inventory = catalog, inventory
        self._items = RecentAnswers(self._resolve, seconds, clock=clock)
        self._units = RecentAnswers(self._count, seconds, clock=clock)

    async def resolve(self, ids: Iterable[str]) -> ResolvedItems:
        """What item ids name. Raises `DependencyUnavailable`."""
        found = await self._items.about(ids)
        return ResolvedItems(
            items={id_: item for id_, item in found.items() if isinstance(item, Variant)},
            off_sale={id_: why for id_, why in found.items() if isinstance(why, str)},
        )

    async def units(self, skus: Iterable[str]) -> Mapping[str, SellableUnits]:
        """What can be sold of each SKU. Raises `DependencyUnavailable`."""
        return await self._units.about(skus)

    async def _resolve(self, ids: tuple[str, ...]) -> Mapping[str, Variant | str]:
        resolved = await self._catalog.resolve(ResolveItems(ids=ids))
        return {**resolved.items, **resolved.off_sale}

    async def _count(self, skus: tuple[str, ...]) -> Mapping[str, SellableUnits]:
        return (await self._inventory.availability(CheckAvailability(skus=skus))).by_sku()
