"""The catalogue's contents, and every price that it ever had, as the audit may read them."""

from __future__ import annotations

from collections.abc import Collection

from redis.asyncio import Redis

from deployments.catalog.store import HAD, CatalogStore, Contents

__all__ = ["CatalogRecords", "Contents", "Price"]

Price = tuple[str, int]
"""A SKU, and cents."""


class CatalogRecords:
    """Products and prices of one Redis, to be read only."""

    PRICES = HAD
    """The key of the prices that there ever were, for messages."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def contents(self) -> Contents:
        """All products with their prices, and the last event of each stream by then."""
        return await CatalogStore(self._redis).load()

    async def prices_are_complete(self) -> bool:
        """Whether all prices were written down; not if an earlier version filled the catalogue."""
        return bool(await self._redis.exists(HAD))

    async def never_had(self, prices: Collection[Price]) -> set[Price]:
        """Those of these prices that their SKU never had."""
        asked = list(prices)
        if not asked:
            return set()
        found = await self._redis.hmget(HAD, [f"{cents} {sku}" for sku, cents in asked])
        return {price for price, had in zip(asked, found, strict=True) if had is None}
