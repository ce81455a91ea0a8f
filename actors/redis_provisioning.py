"""Creates the services' users on the Redis that `REDIS_URL` names."""

from __future__ import annotations

import logging

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from actors.loop import Tick
from deployments.foundation.redis_users import USERS, set_user
from deployments.foundation.settings import own_redis_url

_log = logging.getLogger(__name__)


def provisioning(url: str, secret: str) -> Tick:
    """A tick that creates or renews the user of every service that has no Redis of its own.

    Ticking again and again is harmless, and brings the users back after that server was restarted
    without them.
    """

    async def tick() -> bool:
        async with Redis.from_url(url) as redis:
            try:
                for user in USERS:
                    if own_redis_url(user) is None:
                        await redis.execute_command(*set_user(user, secret))
            except NoPermissionError as denied:
                _log.error(
                    "the user of REDIS_URL may not create the services' users (ACL SETUSER): %s. "
                    "Let it, or create them yourself, or unset FIELDHOUSE_REDIS_SECRET so that "
                    "every service goes by the credentials in REDIS_URL",
                    denied,
                )
        return False

    return tick
