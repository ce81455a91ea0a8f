"""Creates the services' users on the Redis that `REDIS_URL` names, and the readers of events on
the servers that services have for themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from deployments.datastore.users import users_by_server
from deployments.foundation.events.loop import Tick
from deployments.foundation.redis.addresses import address_of
from deployments.foundation.redis.connection import entered
from deployments.foundation.redis.locating import node, nodes_of
from deployments.foundation.redis.users import set_user
from deployments.topology import SUBSCRIPTIONS

_log = logging.getLogger(__name__)


def provisioning(
    shared: str | None, secret: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> Tick:
    """A tick that creates or renews every user that a server needs beside its URL's own.

    Ticking again and again is harmless, and brings the users back after a server was restarted
    without them.
    """

    async def tick() -> bool:
        try:
            await create_users(shared, secret, subscriptions)
        except NoPermissionError as denied:
            _log.error(
                "the user of a Redis URL may not create the services' users (ACL SETUSER): %s. "
                "Let it, or create those that `fieldhouse redis-users` prints, or unset "
                "FIELDHOUSE_REDIS_SECRET so that every service goes by the credentials in the URL",
                denied,
            )
        return False

    return tick


async def create_users(
    shared: str | None, secret: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> None:
    """Create or renew them. Raises `NoPermissionError` where a URL's user may not."""
    for url, users in users_by_server(shared, subscriptions).items():
        await _create(url, [set_user(*user, secret) for user in users])


async def _create(url: str, commands: list[list[str]]) -> None:
    """Create users on every server behind a URL: none replicates them to another."""
    address = address_of(url)
    if address.is_one_server:
        async with entered(url) as redis:
            await _say(redis, commands)
        return
    for host in await nodes_of(address):
        try:
            async with node(address, host) as redis:
                await _say(redis, commands)
        except NoPermissionError:
            raise
        except (RedisError, OSError) as away:
            _log.warning("%s:%d gets the services' users when it is back: %s", *host, away)


async def _say(redis: Redis, commands: list[list[str]]) -> None:
    for command in commands:
        await redis.execute_command(*command)
