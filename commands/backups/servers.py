"""Which services are on which server, entered as whoever may do everything there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from deployments.datastore.server import ADMIN
from deployments.foundation.redis.clustered import clients_of
from deployments.foundation.redis.connection import client, entered
from deployments.foundation.values.partitions import possible_tags
from deployments.foundation.values.settings import settings
from deployments.topology import SERVICES

_TRIES = 2


@dataclass(frozen=True)
class SharedServer:
    """One server, and the services that have their keys there."""

    redis: Redis
    services: tuple[str, ...]


def operators_client(service: str) -> Redis:
    """A client of a service's server that may do everything, as the store is told to enter it."""
    url = settings().own_redis_url(service) or settings().shared_redis_url
    return client(ADMIN, retries=_TRIES) if url is None else entered(url, service, retries=_TRIES)


@asynccontextmanager
async def servers(
    client_of: Callable[[str], Redis] = operators_client,
) -> AsyncIterator[list[SharedServer]]:
    """Every server of the store, each once; their connections are closed afterwards."""
    async with AsyncExitStack() as stack:
        entries: dict[str, Redis] = {}
        residents: dict[str, list[str]] = defaultdict(list)
        for service in SERVICES:
            redis = client_of(service)
            stack.push_async_callback(redis.aclose)
            for part in clients_of(redis, possible_tags(service)):
                run: str = (await part.info("server"))["run_id"]
                entries.setdefault(run, part)
                if service not in residents[run]:
                    residents[run].append(service)
        yield [SharedServer(redis, tuple(residents[run])) for run, redis in entries.items()]
