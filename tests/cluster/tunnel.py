"""Listens here and connects in another network: what `ssh -L` does for an operator.

Run as `python tunnel.py DESCRIPTOR PORT` in that network's namespace; the socket of the descriptor
listens where it was made.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress


async def forward(listening: socket.socket, port: int) -> None:
    """Connect whoever comes with the port on the loopback of this network."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    async with await asyncio.start_server(join, sock=listening) as server:
        await server.serve_forever()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand over what comes, until nothing does."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(forward(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])))
