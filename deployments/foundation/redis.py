"""Each service's own connection to Redis, as a user that may touch its own keys only."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from functools import cache
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from deployments.foundation.settings import data_directory, redis_url, socket_path

_PRELUDES = Path(__file__).parent
_ATTEMPTS_AT_START = 60


class RedisNotReadyError(Exception):
    """No Redis answered in time; the message says which one and what to check."""


def secret() -> str | None:
    """The secret that every service's password derives from, or none when URLs carry them."""
    configured = os.environ.get("FIELDHOUSE_REDIS_SECRET")
    if configured:
        return configured
    kept = data_directory() / "redis-secret"
    return kept.read_text().strip() if kept.exists() else None


def password(service: str, from_secret: str) -> str:
    """The password of a service's Redis user."""
    return hmac.new(from_secret.encode(), service.encode(), hashlib.sha256).hexdigest()


def client(service: str) -> Redis:
    """A lazy client for a service's Redis user; nothing is contacted yet."""
    own_url = os.environ.get(f"{service.upper()}_REDIS_URL")
    url = own_url or redis_url(service) or f"unix://{socket_path()}"
    options: dict[str, Any] = {
        "decode_responses": True,
        "retry": Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.02), 6),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError, BusyLoadingError],
        "health_check_interval": 30,
    }
    if own_url is None and (shared := secret()) is not None:
        options |= {"username": service, "password": password(service, shared)}
    return Redis.from_url(url, **options)


async def connect_redis(service: str) -> Redis:
    """A client that has been answered; waits half a minute for a server that is starting.

    Applications start in parallel, the embedded server among them, so the first tries may find
    no socket, no secret, or a user that is not there yet.
    """
    backoff = ExponentialWithJitterBackoff(cap=0.5, base=0.05)
    for attempt in range(_ATTEMPTS_AT_START):
        redis = client(service)
        try:
            await redis.ping()
        except (RedisError, AuthenticationError, OSError) as reason:
            await redis.aclose()
            last = reason
            await asyncio.sleep(backoff.compute(attempt))
        else:
            return redis
    raise RedisNotReadyError(f"Redis does not answer the service {service!r}: {last}")


@cache
def _source(path: Path, preludes: tuple[str | Path, ...]) -> str:
    # A prelude that is a path stays itself when joined; a name is one of foundation's own.
    parts = [(_PRELUDES / prelude).with_suffix(".lua").read_text() for prelude in preludes]
    return "\n".join([*parts, path.read_text()])


def script(redis: Redis, path: Path, *preludes: str | Path) -> AsyncScript:
    """A Lua script of a room, with functions of foundation's (by name) or its own before it."""
    return redis.register_script(_source(path, preludes))
