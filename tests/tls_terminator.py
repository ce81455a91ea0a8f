"""Speaks TLS in front of a server on a unix socket, as a terminator in front of a Redis does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_CHUNK_BYTES = 65536


@asynccontextmanager
async def terminated(socket: Path, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of the loopback where TLS is spoken meanwhile."""
    open_: set[asyncio.StreamWriter] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(str(socket))
        open_.update((writer, ours))
        await asyncio.gather(forward(reader, ours), forward(theirs, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in open_:
            writer.close()
