"""Each service's own connection to Redis, as a user that may touch its own keys only."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.commands.core import AsyncScript
from redis.driver_info import DriverInfo
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from deployments.foundation.redis.addresses import RedisAddress, address_of
from deployments.foundation.redis.clustered import ClusteredRedis
from deployments.foundation.redis.following import pool_at
from deployments.foundation.redis.measured import MeasuredRedis
from deployments.foundation.values.settings import revealed, settings

_PRELUDES = Path(__file__).parent / "lua"
_KEYS_AT_ONCE = 1000
_DRIVER = DriverInfo()


SECRET_FILE = "redis-secret"  # noqa: S105 - the name of the file, beside the data.


class RedisNotReadyError(Exception):
    """No Redis answered in time; the message says which one and what to check."""


def secret() -> str | None:
    """The secret that passwords derive from, or none when the URL carries the credentials.

    `FIELDHOUSE_REDIS_SECRET`, else the one that the embedded server's actor made for itself.
    """
    configured = configured_secret()
    if configured or not settings().is_embedded:
        return configured
    kept = settings().data_directory / SECRET_FILE
    return kept.read_text().strip() if kept.exists() else None


def configured_secret() -> str | None:
    """The secret that the operator set, `FIELDHOUSE_REDIS_SECRET`: it holds on every server."""
    return revealed(settings().redis_secret)


def password(service: str, from_secret: str) -> str:
    """The password of a service's Redis user."""
    return hmac.new(from_secret.encode(), service.encode(), hashlib.sha256).hexdigest()


def client(service: str, *, at: str | None = None, retries: int = 6) -> Redis:
    """A lazy client for a service's Redis user; nothing is contacted yet.

    A service with a URL of its own goes by the credentials in it. Whatever is shared is entered as
    the service's own user, whose password derives from the secret; where there is no secret, with
    the credentials of `REDIS_URL` as they are.

    `at` names the service whose server to enter, as a reader of its events. A server that is that
    service's own is entered as one's own user too if `FIELDHOUSE_REDIS_SECRET` is set, and else
    with the credentials in its URL.
    """
    said = settings()
    home, own_url = said.own_redis_url(at or service), said.own_redis_url(service)
    url = home or said.shared_redis_url or f"unix://{quote(str(said.socket_path))}"
    options, known = _options(retries), secret() if home is None else configured_secret()
    if known is not None and (home is None or home != own_url):
        options |= {"username": service, "password": password(service, known)}
    return _client_of(address_of(url), at or service, options)


def entered(url: str, tag: str = "", *, retries: int = 0) -> Redis:
    """A lazy client with the credentials of a URL itself, where the keys with a hash tag are."""
    return _client_of(address_of(url), tag, _options(retries))


def _client_of(address: RedisAddress, tag: str, options: dict[str, Any]) -> Redis:
    if address.kind == "cluster":
        return ClusteredRedis(tag, lambda each: pool_at(address, each, options))
    return MeasuredRedis.from_pool(pool_at(address, tag, options))


def _options(retries: int) -> dict[str, Any]:
    # No `health_check_interval`: with it, the client's connecting and checking call each other
    # without end while a server refuses its credentials. A dead connection shows when it is used.
    return {
        "decode_responses": True,
        # The client would look its own version up anew for every connection.
        "driver_info": _DRIVER,
        "retry": Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.02), retries),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError, BusyLoadingError],
    }


async def connect_redis(service: str, *, at: str | None = None, seconds: float = 120.0) -> Redis:
    """A client of a server that has answered; waits two minutes at most for one that is starting.

    Applications start in parallel, the embedded server among them, so the first tries may find
    no socket, no secret, or a user that is not there yet. `at` is as for `client`.
    """
    last_try = time.monotonic() + seconds
    while (reason := await _failure_of(service, at)) is not None:
        if time.monotonic() > last_try:
            raise RedisNotReadyError(f"Redis does not answer {service!r}: {reason}") from reason
        await asyncio.sleep(random.uniform(0.1, 0.4))  # noqa: S311 - spreads the tries.
    return client(service, at=at)


async def _failure_of(service: str, at: str | None) -> Exception | None:
    """Why the server does not answer a service now; none when it does."""
    async with client(service, at=at, retries=0) as redis:
        try:
            await redis.ping()
        except (RedisError, OSError) as reason:
            return reason
    return None


async def names(redis: Redis, prefix: str, *, at_once: int = 500) -> AsyncIterator[list[str]]:
    """What follows `prefix` in every key that begins with it, each once, about `at_once` a time.

    A key that is there all the while is found; one that comes or goes meanwhile may be. Others are
    answered in between, but the server looks at every key that it has: this is for an operator's
    command, never for a request.
    """
    cursor, seen, batch = 0, set[str](), list[str]()
    while True:
        page = await redis.scan(cursor, match=f"{prefix}*", count=_KEYS_AT_ONCE)
        cursor, keys = cast(tuple[int, list[str]], page)
        batch += sorted({key.removeprefix(prefix) for key in keys} - seen)
        seen.update(batch)
        if batch and (len(batch) >= at_once or not cursor):
            yield batch
            batch = []
        if not cursor:
            return


@cache
def _source(path: Path, preludes: tuple[str | Path, ...]) -> str:
    # A prelude that is a path stays itself when joined; a name is one of foundation's own.
    parts = [(_PRELUDES / prelude).with_suffix(".lua").read_text() for prelude in preludes]
    return "\n".join([*parts, path.read_text()])


def script(redis: Redis, path: Path, *preludes: str | Path) -> AsyncScript:
    """A Lua script of a service, with functions of foundation's (by name) or its own before it."""
    return redis.register_script(_source(path, preludes))
