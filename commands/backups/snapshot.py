"""A server's whole state at one moment, as a replica would be given it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from commands.backups.manifest import BackupError
from deployments.foundation.values.private_files import close_to_others

_CHUNK_BYTES = 1 << 20
_SILENT_SECONDS = 120.0
"""A server that writes its snapshot sends an empty line every ten seconds."""


async def take_snapshot(redis: Redis, file: Path) -> int:
    """Write the server's RDB file, and give its size in bytes.

    The server forks, as it does for a replica: others are served meanwhile. Its user must be
    allowed `SYNC` and `REPLCONF`. Raises `BackupError`.
    """
    connection = await redis.connection_pool.get_connection()
    try:
        await connection.send_command("REPLCONF", "rdb-only", "1")
        await connection.read_response()
        await connection.send_command("SYNC")
        assert isinstance(connection, AbstractConnection)  # noqa: S101 - all are.
        # What follows is no reply that a client knows: the file itself, after its length.
        reader = connection._reader  # noqa: SLF001
        assert reader is not None  # noqa: S101 - it has just answered.
        return await _receive(reader, file)
    except ResponseError as refused:
        raise BackupError(
            f"The server gives no snapshot: {refused}. The URL's user needs SYNC and REPLCONF; a "
            "managed Redis that allows neither is backed up by its own means."
        ) from refused
    finally:
        await connection.disconnect()
        await redis.connection_pool.release(connection)


async def _receive(reader: asyncio.StreamReader, file: Path) -> int:
    head = b""
    while not head:
        head = (await _within(reader.readline())).strip()
    if not head.startswith(b"$") or not head[1:].isdigit():
        raise BackupError(f"The server gives no snapshot: {head.decode(errors='replace')}")
    size = left = int(head[1:])
    with file.open("xb") as writer:
        close_to_others([file])
        while left:
            chunk = await _within(reader.read(min(left, _CHUNK_BYTES)))
            if not chunk:
                raise BackupError("The server ended its snapshot early.")
            writer.write(chunk)
            left -= len(chunk)
    return size


async def _within(reading: Awaitable[bytes]) -> bytes:
    async with asyncio.timeout(_SILENT_SECONDS):
        return await reading
