"""Datastore as a Serve application: healthy while Redis answers, and the last one to leave."""

from __future__ import annotations

import asyncio
import contextlib

from ray import serve
from redis.exceptions import RedisError

from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.values.settings import settings
from deployments.topology import SERVICES

_LONGEST_LINGER_SECONDS = 8.0
"""Less than `graceful_shutdown_timeout_s` in serve_config.yaml, after which Serve kills."""


@serve.deployment
class Datastore:
    """One replica, beside which Serve runs the actor that owns the embedded server.

    Serve ends that actor after this replica. So a replica that lingers while other services are
    still connected keeps the server up until they have finished what they were doing.
    """

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        self._redis = await connect_redis("datastore")

    async def check_health(self) -> None:
        """Raises when Redis does not answer."""
        await self._redis.ping()

    async def __del__(self) -> None:
        if not settings().is_embedded:
            return
        with contextlib.suppress(TimeoutError, RedisError):
            async with asyncio.timeout(_LONGEST_LINGER_SECONDS):
                while await self._connected_services():  # noqa: ASYNC110 - Redis tells of none.
                    await asyncio.sleep(0.2)

    async def _connected_services(self) -> set[str]:
        clients: list[dict[str, str]] = await self._redis.client_list()
        return {client["user"] for client in clients} & set(SERVICES)


app = Datastore.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
