"""The time by a service's Redis: one clock for all its replicas, however their nodes' own go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from deployments.foundation.events.loop import Loop
from deployments.foundation.values.clock import Clock

_EVERY_SECONDS = 10.0


class ServerClock:
    """A `Clock` that goes as the server's does, in between by the node's own.

    Until it is set for the first time it says what the node's says.
    """

    def __init__(self, redis: Redis, node: Clock) -> None:
        self._redis, self._node = redis, node
        self._behind = timedelta()

    def __call__(self) -> datetime:
        """The present moment."""
        return self._node() + self._behind

    async def set(self) -> None:
        """Ask the server. What half the round trip explains changes nothing, so that two clocks
        that agree are not moved to and fro."""
        asked = self._node()
        seconds, microseconds = await self._redis.time()
        half = (self._node() - asked) / 2
        server = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        behind = server - (asked + half)
        if abs(behind - self._behind) > half:
            self._behind = behind

    def keeping(self, service: str) -> Loop:
        """What sets it again and again: a node's clock may be set, or go too fast."""

        async def tick() -> bool:
            await self.set()
            return False

        return Loop(f"{service}'s clock", tick, every=_EVERY_SECONDS)
