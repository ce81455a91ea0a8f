"""What every deployment has in common: it answers calls, and says whether it is healthy."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.rpc.calls import Endpoint, Reply
from deployments.foundation.rpc.detach import finish_detached


class Serving:
    """The base of a service's deployment class, filled in by its `__init__`.

    `expose()` names the protocol and the service behind it. Serve calls `check_health`
    periodically and replaces a replica whose Redis stays away; before it ends a replica, detached
    work is finished.
    """

    _endpoint: Endpoint
    _redis: Redis | None = None

    def expose(self, api: type, service: object, redis: Redis | None = None) -> None:
        """Answer `invoke` with this service."""
        self._endpoint, self._redis = Endpoint(api, service), redis

    async def invoke(
        self, method: str, body: bytes, seconds: float, trace: str | None = None
    ) -> Reply:
        """One call from another service; `deployments.foundation.rpc.handles` makes them.

        Services of different versions call each other: an argument that is added has a default, and
        its callers do without it when it is not taken.
        """
        return await self._endpoint(method, body, seconds, trace)

    async def check_health(self) -> None:
        """Raises when this replica's Redis does not answer."""
        if self._redis is not None:
            await self._redis.ping()

    async def __del__(self) -> None:
        await finish_detached()
        if self._redis is not None:
            await self._redis.aclose()
