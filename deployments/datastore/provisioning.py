"""Creates the services' users on the Redis that `REDIS_URL` names, and the readers of events on
the servers that services have for themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from deployments.datastore.users import set_reader, set_user
from deployments.foundation.events.loop import Tick
from deployments.foundation.values.settings import settings
from deployments.topology import SUBSCRIPTIONS, USERS

_log = logging.getLogger(__name__)


def provisioning(
    shared: str | None, secret: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> Tick:
    """A tick that creates or renews every user that a server needs beside its URL's own.

    On `shared`, unless that is none, those are the services that have no Redis of their own; on
    each server, the subscribers that live elsewhere and read events there. Ticking again and again
    is harmless, and brings the users back after a server was restarted without them.
    """

    async def tick() -> bool:
        if shared is not None:
            residents = [user for user in USERS if settings().own_redis_url(user) is None]
            await _create(shared, [set_user(user, secret) for user in residents])
            await _create(shared, _readers_at(None, secret, subscriptions))
        for url in own_urls(subscriptions):
            await _create(url, _readers_at(url, secret, subscriptions))
        return False

    return tick


def own_urls(subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS) -> set[str]:
    """The servers of their own that publishers have."""
    publishers = {publisher for read in subscriptions.values() for publisher in read}
    return {
        url for publisher in publishers if (url := settings().own_redis_url(publisher)) is not None
    }


def _readers_at(
    home: str | None, secret: str, subscriptions: Mapping[str, Iterable[str]]
) -> list[list[str]]:
    """Commands for the users that only read events on a server; `home` none is the shared one."""
    commands = []
    for subscriber, read in subscriptions.items():
        here = [publisher for publisher in read if settings().own_redis_url(publisher) == home]
        if here and settings().own_redis_url(subscriber) != home:
            commands.append(set_reader(subscriber, here, secret))
    return commands


async def _create(url: str, commands: list[list[str]]) -> None:
    async with Redis.from_url(url) as redis:
        try:
            for command in commands:
                await redis.execute_command(*command)
        except NoPermissionError as denied:
            _log.error(
                "the user of a Redis URL may not create the services' users (ACL SETUSER): %s. "
                "Let it, or create them yourself, or unset FIELDHOUSE_REDIS_SECRET so that every "
                "service goes by the credentials in the URL",
                denied,
            )
