"""`fieldhouse partition`: groups the keys of a service by partition, so that a cluster can have
them on several nodes.

The store must be stopped: nobody may write, or look for keys that move. It may be killed at any
moment: run again, it goes on. There is no way back but a backup from before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from commands.backups.servers import operators_client
from commands.exit_status import OK, UNUSABLE, CommandError
from commands.page import ConsolePage
from deployments.foundation.events.lag import LagMeter
from deployments.foundation.events.publishing import streams_of
from deployments.foundation.redis.layouts import check_layout
from deployments.foundation.values.partitions import PARTITIONABLE
from deployments.foundation.values.settings import settings
from deployments.orders.partitioning import NotMigratedError, OrdersPartitioning
from deployments.topology import publishers_of, subscribers_of


class CannotPartitionError(CommandError):
    """The keys cannot be grouped now; the message says why and what to do."""

    status = UNUSABLE


def check_layouts() -> None:
    """Keys in a Redis of the operator's own are laid out as the environment says.

    Raises `WrongLayoutError`.
    """
    said = settings()
    named = [one for one in PARTITIONABLE if said.own_redis_url(one) or said.shared_redis_url]
    asyncio.run(_check(named))


async def _check(services: list[str]) -> None:
    for service in services:
        async with operators_client(service) as redis:
            with suppress(NoPermissionError):
                await check_layout(redis, service)


async def group(service: str) -> int:
    """Group a service's keys; how many records were moved. Raises `CannotPartitionError`."""
    async with _clients() as client_of:
        await _check_readers(service, client_of)
        for publisher in publishers_of(service):
            if await _unsettled(client_of(publisher), publisher, service):
                raise CannotPartitionError(
                    f"{service} was given events of {publisher} that it has not settled. Start the "
                    "store, wait until `fieldhouse lag` shows none that wait, and stop it again."
                )
        try:
            return await OrdersPartitioning(client_of(service)).run()
        except NotMigratedError as earlier:
            raise CannotPartitionError(
                f"{earlier} Start the store, run `fieldhouse migrate`, and stop it again."
            ) from None


@asynccontextmanager
async def _clients() -> AsyncIterator[Callable[[str], Redis]]:
    """The operator's clients by service; their connections are closed afterwards."""
    async with AsyncExitStack() as stack:

        def client_of(service: str) -> Redis:
            redis = operators_client(service)
            stack.push_async_callback(redis.aclose)
            return redis

        yield client_of


async def _check_readers(service: str, client_of: Callable[[str], Redis]) -> None:
    """Nobody reads for the service or from it: the store is stopped, or died a moment ago."""
    pairs = [
        *((service, publisher) for publisher in publishers_of(service)),
        *((subscriber, service) for subscriber in subscribers_of(service)),
    ]
    for subscriber, publisher in pairs:
        theirs = {publisher: client_of(publisher)}
        (lag,) = await LagMeter(subscriber, client_of(subscriber), theirs).measure()
        if lag.readers:
            raise CannotPartitionError(
                f"{subscriber} runs: it reads events of {publisher}. Stop the store; one that was "
                "killed counts as running for ten seconds."
            )


async def _unsettled(redis: Redis, publisher: str, subscriber: str) -> int:
    """The events that a subscriber was given and has not acknowledged."""
    async with redis.pipeline(transaction=False) as pipe:
        for stream in streams_of(publisher):
            pipe.xpending(stream, subscriber)
        found = await pipe.execute(raise_on_error=False)
    # An error says that there is no such group yet.
    return sum(one["pending"] for one in found if not isinstance(one, Exception))


def partition() -> int:
    """Group keys by partition, in a store that is stopped."""
    service = settings().partitioned
    if service is None:
        raise CannotPartitionError("Set FIELDHOUSE_PARTITIONED: it says whose keys to group.")
    if (settings().own_redis_url(service) or settings().shared_redis_url) is None:
        raise CannotPartitionError(
            "Set REDIS_URL: the embedded server is one, and has no use for partitions."
        )
    page, moved = ConsolePage(), asyncio.run(group(service))
    page.say(f"{service}: {moved} moved, and all are grouped by partition.")
    page.say(f"Start the store with FIELDHOUSE_PARTITIONED={service}, here and on every node.")
    return OK
