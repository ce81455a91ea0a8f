"""What an operator watches of carts."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.carts.store import CHANGED
from deployments.foundation.values.meter import Meter


class CartMetrics:
    """Carts that are being filled. Every process shows those of the whole store."""

    def __init__(self, redis: Redis, meter: Meter) -> None:
        self._redis = redis
        self._active = meter.gauge(
            "fieldhouse_carts_active", "Carts that are neither bought nor left."
        )

    async def show(self) -> None:
        """The present state: one round trip."""
        self._active.set(await self._redis.zcard(CHANGED))
