"""Counts what journeys are made of, in a process and on a Redis of its own.

`python -m commands.bench.counting` writes a line of JSON for each journey.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from commands.bench.counted_store import counted_store
from commands.bench.offer import shipped_offer
from commands.bench.results import Count
from commands.bench.rows import ROWS
from commands.bench.stores import clean_environment
from commands.run_settings import PROJECT
from deployments.datastore.server import ADMIN, ValkeyServer
from deployments.foundation.redis.connection import client, connect_redis, password, secret
from deployments.foundation.values.settings import settings
from deployments.topology import SERVICES

_COUNTED = tuple(row.name for row in ROWS if row.group != "ceiling")


class CountingFailedError(Exception):
    """The counting process came to nothing; the message is what it said last."""


async def counts(rows: Sequence[str]) -> tuple[Count, ...]:
    """What these journeys are made of, and those of them that are followed with what follows."""
    wanted = [row for row in _COUNTED if row in rows]
    if not wanted:
        return ()
    with tempfile.TemporaryDirectory(prefix="fieldhouse-bench-", dir="/tmp") as directory:
        counting = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "commands.bench.counting", *wanted),
            env=clean_environment(FIELDHOUSE_DATA=f"{directory}/data"),
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, said = await counting.communicate()
    if counting.returncode:
        raise CountingFailedError(said.decode(errors="replace")[-2000:])
    return tuple(Count.model_validate_json(line) for line in out.splitlines())


async def count(rows: Sequence[str]) -> None:
    """Count, and write down."""
    async with _redis() as admin:
        async with counted_store(client, admin, shipped_offer(), consuming=False) as store:
            for row in rows:
                print((await store.count(row)).model_dump_json())
        followed = [row.name for row in ROWS if row.followed and row.name in rows]
        if followed:
            await admin.flushall()
            async with counted_store(client, admin, shipped_offer(), consuming=True) as store:
                for row in followed:
                    print((await store.count_followed(row)).model_dump_json())


@asynccontextmanager
async def _redis() -> AsyncIterator[Redis]:
    """An embedded server that knows every service; gives its operator's client."""
    said = settings()
    server = ValkeyServer(said.data_directory.resolve(), said.socket_path)
    running = asyncio.create_task(server.run())
    try:
        for redis in await asyncio.gather(*map(connect_redis, SERVICES)):
            await redis.aclose()
        known = password(ADMIN, secret() or "")
        path = os.fspath(said.socket_path)
        async with Redis(
            unix_socket_path=path, username=ADMIN, password=known, decode_responses=True
        ) as admin:
            yield admin
    finally:
        running.cancel()
        await asyncio.wait([running])


if __name__ == "__main__":
    asyncio.run(count(sys.argv[1:]))
