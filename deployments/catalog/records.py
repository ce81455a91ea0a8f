"""Which prices there ever were, for whoever checks the books."""

from __future__ import annotations

from collections.abc import Collection

from redis.asyncio import Redis

from deployments.catalog.store import HAD

Price = tuple[str, int]
"""A SKU, and cents."""


class PriceRecords:
    """The prices that SKUs had, in one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def are_complete(self) -> bool:
        """Whether all prices were written down; not if an earlier version filled the catalogue."""
        return bool(await self._redis.exists(HAD))

    async def never_had(self, prices: Collection[Price]) -> set[Price]:
        """Those of these prices that their SKU never had."""
        asked = list(prices)
        if not asked:
            return set()
        found = await self._redis.hmget(HAD, [f"{cents} {sku}" for sku, cents in asked])
        return {price for price, had in zip(asked, found, strict=True) if had is None}
