"""What an operator watches of inventory."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.values.clock import Clock
from deployments.foundation.values.meter import Meter
from deployments.inventory.store import HOLDS


class ReservationMetrics:
    """Reservations that are held. Every process shows those of the whole store."""

    def __init__(self, redis: Redis, meter: Meter, clock: Clock) -> None:
        self._redis, self._clock = redis, clock
        self._held = meter.gauge("fieldhouse_reservations_held", "Reservations not yet allocated.")
        self._overdue = meter.gauge(
            "fieldhouse_reservations_overdue", "Held reservations that should have lapsed."
        )

    async def show(self) -> None:
        """The present state: one round trip."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(HOLDS)
            pipe.zcount(HOLDS, "-inf", self._clock().timestamp() * 1000)
            held, overdue = await pipe.execute()
        self._held.set(held)
        self._overdue.set(overdue)
