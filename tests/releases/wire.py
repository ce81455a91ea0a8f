"""Calls and answers between two processes of different releases, over a unix socket.

Both sides import this file, each with the foundation of its own release beneath it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from deployments.foundation.placement.host import Host
from deployments.foundation.rpc.calls import Reply, answered
from deployments.foundation.rpc.dependencies import dependency
from deployments.foundation.values.trace import traceparent

Api = TypeVar("Api")
_LONGEST = 2**24


class Calling:
    """The way to the services of the process that answers at a socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def connect(self, api: type[Api], *, app: str, seconds: float = 5.0) -> Api:
        """What a `Host` is given to reach services that run elsewhere."""

        async def carry(method: str, body: bytes, seconds: float) -> Reply:
            said = [app, method, body.decode(), seconds, traceparent()]
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=_LONGEST)
            writer.write(json.dumps(said).encode() + b"\n")
            kind, answer = json.loads(await reader.readline())
            writer.close()
            await writer.wait_closed()
            return answered(app, (kind, answer.encode()))

        return dependency(api, carry, app=app, seconds=seconds)


@asynccontextmanager
async def answering(host: Host, socket: Path) -> AsyncIterator[None]:
    """Answer calls of the host's services at the socket."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        service, method, body, seconds, trace = json.loads(await reader.readline())
        kind, said = await host.answer(service, method, body.encode(), seconds, trace)
        writer.write(json.dumps([kind, said.decode()]).encode() + b"\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_unix_server(answer, socket, limit=_LONGEST):
        yield
