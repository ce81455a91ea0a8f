"""When a Redis cannot serve now, and will again: it is away, full, or may not write just then."""

from __future__ import annotations

from redis.exceptions import ClusterDownError, OutOfMemoryError, ReadOnlyError, ResponseError
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
