"""What must be right before a store is started: each check raises one clear line, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import psutil
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from commands.partitioning import check_layouts
from commands.run_settings import CannotRunError, RunSettings
from deployments.datastore.users import set_user
from deployments.foundation.http.authentication import PlatformKeysMissingError, platform_keys
from deployments.foundation.http.rate_limits import BadRateLimitsError, parse_rates
from deployments.foundation.http.signing import SigningKeysUnreadableError, configured_keys
from deployments.foundation.redis.addresses import server_name
from deployments.foundation.redis.connection import entered, password, secret
from deployments.foundation.values.setting_words import PREFIX, variable
from deployments.foundation.values.settings import Settings, SettingsError, revealed, settings
from deployments.notifications.mailer import SmtpMailer
from deployments.payments.sandbox_permission import SandboxRefusedError, require_permission
from deployments.topology import DATASTORE, SERVICES

NEEDED_MEMORY = 3_400 * 2**20
"""The whole store with one replica of each service was measured at 3,116 MiB."""

_REDIS_ANSWERS_WITHIN_SECONDS = 5
_CONTAINER = Path("/sys/fs/cgroup")
_MISTAKES = (
    SettingsError,
    BadRateLimitsError,
    SigningKeysUnreadableError,
    PlatformKeysMissingError,
    SandboxRefusedError,
)


def check(run: RunSettings, *, memory: int = NEEDED_MEMORY) -> None:
    """All that can be known before Ray starts. Raises `CannotRunError`."""
    check_settings()
    check_port(run)
    check_memory(memory)
    check_redis()


def check_settings() -> None:
    """What the environment says must make sense. Raises `CannotRunError`."""
    try:
        said = settings()
        parse_rates(said.rate_limits)
        configured_keys()
        platform_keys()
        require_permission()
    except _MISTAKES as mistake:
        raise CannotRunError(str(mistake)) from None
    check_names()
    check_mail()
    check_durability()


def check_names() -> None:
    """A variable that only looks like a setting has been misspelt."""
    known = {variable(name, field) for name, field in Settings.model_fields.items()}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, 1)
            meant = f" Is {near[0]} meant?" if near else " `fieldhouse config` lists them."
            raise CannotRunError(f"{name} is no setting.{meant}")


@contextlib.contextmanager
def only_store(run: RunSettings) -> Iterator[None]:
    """Hold the data directory for this run. Raises `CannotRunError` if a store already runs."""
    with (
        (run.data / "run.lock").open("a+") as lock,
        (run.data / "lock").open("a") as server,
    ):
        for held in (lock, server):
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                lock.seek(0)
                raise CannotRunError(_already_running(run, lock.read())) from taken
        # The second lock is the embedded server's: it shows a store that was started by hand.
        fcntl.flock(server, fcntl.LOCK_UN)
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {run.url}")
        lock.flush()
        yield


def _already_running(run: RunSettings, note: str) -> str:
    who = f" ({note})" if note else ""
    return (
        f"A store already runs on {run.data}{who}. "
        "Stop it, or set FIELDHOUSE_DATA and FIELDHOUSE_PORT to run another."
    )


def check_port(run: RunSettings) -> None:
    """The API's port must be free."""
    family = socket.AF_INET6 if ":" in run.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((run.host, run.port))
        except OSError as reason:
            raise CannotRunError(
                f"Port {run.port} on {run.host} cannot be used: {reason.strerror}. "
                "Stop what listens there, or set FIELDHOUSE_PORT."
            ) from reason


def check_memory(needed: int = NEEDED_MEMORY) -> None:
    """There must be room for every process of the store."""
    available = int(min(psutil.virtual_memory().available, _left_in_container()))
    if available < needed:
        raise CannotRunError(
            f"Too little memory: the store needs {needed >> 20} MiB, "
            f"and {available >> 20} MiB are available."
        )


def _left_in_container() -> float:
    """What a control group leaves, in bytes; infinite where none limits."""
    try:
        limit = int((_CONTAINER / "memory.max").read_text())
        used = int((_CONTAINER / "memory.current").read_text())
    except (OSError, ValueError):
        return float("inf")
    return limit - used


def check_mail() -> None:
    """The mail server's address must be one; whether the server answers is seen later.

    Purchases do not wait for mail, and mail waits for its server.
    """
    try:
        if (url := revealed(settings().smtp_url)) is not None:
            SmtpMailer(url)
    except ValueError as reason:
        raise CannotRunError(str(reason)) from reason


def check_durability() -> None:
    """Only a Redis of the operator's own can be waited for."""
    said = settings()
    if said.is_embedded and said.order_durability != "server":
        raise CannotRunError(
            f"FIELDHOUSE_ORDER_DURABILITY={said.order_durability} is for a Redis that REDIS_URL "
            "names. The embedded one has FIELDHOUSE_APPENDFSYNC=always."
        )


def check_redis() -> None:
    """Every Redis that the environment names must answer, let the services in, and have keys where
    they are looked for. Raises `CannotRunError`, `WrongLayoutError`."""
    asyncio.run(_check_redis())
    check_layouts()


async def _check_redis() -> None:
    for service in SERVICES:
        if (url := settings().own_redis_url(service)) is not None:
            await _answers(f"{service.upper()}_REDIS_URL", url)
    if (url := settings().shared_redis_url) is not None:
        await _answers("REDIS_URL", url)
        if (shared := secret()) is not None:
            await _lets_services_in(url, shared)
    if settings().order_durability == "disk":
        urls = [settings().own_redis_url(service) for service in SERVICES]
        for url in sorted({each for each in (*urls, settings().shared_redis_url) if each}):
            await _syncs_always(url)


async def _answers(name: str, url: str) -> None:
    async with _speaking(name, url) as redis:
        with contextlib.suppress(NoPermissionError):
            await redis.ping()
            (expiring_fields,) = await _say(redis, ["COMMAND", "INFO", "HEXPIRE"])
            if expiring_fields is None:
                raise CannotRunError(
                    f"The Redis of {name} is too old: the store needs Valkey 9 or Redis 7.4, or "
                    "newer."
                )
            memory = await redis.info("memory")
            if memory["maxmemory"] and memory["maxmemory_policy"] != "noeviction":
                raise CannotRunError(
                    f"The Redis of {name} would forget what it has no room for "
                    f"(maxmemory-policy {memory['maxmemory_policy']}): set noeviction."
                )


async def _lets_services_in(url: str, shared: str) -> None:
    """Services' users can be created, or somebody has created them already."""
    try:
        async with _speaking("REDIS_URL", url) as redis:
            await _say(redis, set_user(DATASTORE, shared))
    except NoPermissionError:
        async with _speaking("REDIS_URL", url) as redis:
            await _say(redis, ["AUTH", DATASTORE, password(DATASTORE, shared)])


async def _say(redis: Redis, words: list[str]) -> Any:  # noqa: ANN401 - as the server answers.
    return await redis.execute_command(*words)


async def _syncs_always(url: str) -> None:
    """`WAITAOF` tells the truth: Valkey 9.1 counts under `everysec` what no disk has (record 53).

    Of a server that does not let itself be asked that is the operator's to know.
    """
    name = server_name(url)
    with contextlib.suppress(NoPermissionError, ResponseError):
        async with _speaking(name, url) as redis:
            if (await redis.config_get("appendfsync")).get("appendfsync") == "always":
                return
        raise CannotRunError(
            f"FIELDHOUSE_ORDER_DURABILITY=disk needs `appendfsync always` on {name}."
        )


@contextlib.asynccontextmanager
async def _speaking(name: str, url: str) -> AsyncIterator[Redis]:
    """A connection for one question; whatever keeps it from being answered is one line."""
    try:
        async with (
            entered(url) as redis,
            asyncio.timeout(_REDIS_ANSWERS_WITHIN_SECONDS),
        ):
            yield redis
    except NoPermissionError:
        raise
    except AuthenticationError as reason:
        raise CannotRunError(f"The Redis of {name} refuses the store: {reason}") from reason
    except TimeoutError:
        raise CannotRunError(
            f"The Redis of {name} does not answer within {_REDIS_ANSWERS_WITHIN_SECONDS} s"
        ) from None
    except (RedisError, OSError, ValueError) as reason:
        raise CannotRunError(f"The Redis of {name} does not answer: {reason}") from reason
