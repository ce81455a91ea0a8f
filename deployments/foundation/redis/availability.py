"""When a Redis cannot serve now, and will again: it is away, full, or may not write just then."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import (
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

REDIS_UNAVAILABLE: tuple[type[Exception], ...] = (
    RedisConnectionError,
    RedisTimeoutError,
    OutOfMemoryError,
    ReadOnlyError,
    ClusterDownError,
)
_WITHOUT_A_CLASS = ("MISCONF ", "NOREPLICAS ", "BUSY ")
"""Replies for which the client has no class: its disk is full, it has too few replicas to write
to, or it is busy with a script."""


def is_unavailable(failure: BaseException) -> bool:
    """Whether a Redis failed for a reason that passes, and no command was wrong."""
    if isinstance(failure, REDIS_UNAVAILABLE):
        return True
    return isinstance(failure, ResponseError) and str(failure).startswith(_WITHOUT_A_CLASS)


class RedisAwayError(OSError):
    """A Redis does not answer a service; the message says whom, and why."""


async def answers(redis: Redis, service: str) -> None:
    """Raises `RedisAwayError` if the Redis does not answer the service."""
    try:
        await redis.ping()
    except (RedisError, OSError) as away:
        raise RedisAwayError(f"Redis does not answer {service}: {away}") from away
