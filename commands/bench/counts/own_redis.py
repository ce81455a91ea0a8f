"""An embedded Redis for a process of the bench that counts something by itself."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from commands.bench.stores.running import clean_environment
from commands.run_settings import PROJECT
from deployments.datastore.server import ADMIN, ValkeyServer
from deployments.foundation.redis.connection import connect_redis, password, secret
from deployments.foundation.values.settings import settings
from deployments.topology import SERVICES


class CountingFailedError(Exception):
    """A process that counts came to nothing; the message is what it said last."""


@asynccontextmanager
async def own_redis() -> AsyncIterator[Redis]:
    """A server that knows every service, as the environment says; gives its operator's client."""
    said = settings()
    server = ValkeyServer(said.data_directory.resolve(), said.socket_path)
    running = asyncio.create_task(server.run())
    try:
        for redis in await asyncio.gather(*map(connect_redis, SERVICES)):
            await redis.aclose()
        async with Redis(
            unix_socket_path=os.fspath(said.socket_path),
            username=ADMIN,
            password=password(ADMIN, secret() or ""),
            decode_responses=True,
        ) as admin:
            yield admin
    finally:
        running.cancel()
        await asyncio.wait([running])


async def counted_apart(module: str, *words: str) -> list[bytes]:
    """The lines that a module of the bench writes, in a process with settings and data of its own.

    Raises `CountingFailedError`.
    """
    with tempfile.TemporaryDirectory(prefix="fieldhouse-bench-", dir="/tmp") as directory:
        counting = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"commands.bench.counts.{module}", *words),
            env=clean_environment(FIELDHOUSE_DATA=f"{directory}/data"),
            cwd=PROJECT,
            start_new_session=True,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, said = await counting.communicate()
    if counting.returncode:
        raise CountingFailedError(said.decode(errors="replace")[-2000:])
    return out.splitlines()
