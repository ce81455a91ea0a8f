"""One kept-alive HTTP/1.1 connection: a request, then its response, as cheap as Python makes it.

A client that costs more than the server that it asks measures itself. This one writes bytes that
are ready, and has the response parsed by `httptools`, which uvicorn brings along.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

import httptools


class HttpResponse(NamedTuple):
    """A response: its status, its body, and what came first of it, its head among that."""

    status: int
    body: bytes
    head: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """What a header says; `name` is as the server spells it, with colon and blank."""
        _, found, rest = self.head.partition(b"\r\n" + name)
        return rest.partition(b"\r\n")[0] if found else None


class ConnectionLostError(Exception):
    """The connection has ended before the response was complete."""


class HttpConnection(asyncio.Protocol):
    """A connection that was made by `open_connection`. `sent` and `received` count bytes."""

    def __init__(self) -> None:
        self.sent = self.received = 0
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._head = b""
        self._answer: asyncio.Future[HttpResponse] | None = None

    async def ask(self, request: bytes) -> HttpResponse:
        """The response to a request. Raises `ConnectionLostError`."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionLostError
        self._answer = asyncio.get_running_loop().create_future()
        self.sent += len(request)
        self._transport.write(request)
        return await self._answer

    @property
    def has_ended(self) -> bool:
        """Whether nothing can be asked any more: the server has said that it closes, or has."""
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.WriteTransport, transport)  # A socket's always is one.

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self.received += len(data)
        self._head = self._head or data
        self._parser.feed_data(data)

    def connection_lost(self, _reason: Exception | None) -> None:
        """Nobody will answer any more."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionLostError())

    # What the parser calls

    def on_message_begin(self) -> None:
        """A response begins."""
        self._parts.clear()

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """It is all here."""
        if self._answer is not None and not self._answer.done():
            body = b"".join(self._parts)
            self._answer.set_result(HttpResponse(self._parser.get_status_code(), body, self._head))
        self._head = b""
        if not self._parser.should_keep_alive():
            self.close()


async def open_connection(host: str, port: int) -> HttpConnection:
    """A new connection."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(HttpConnection, host, port)
    return connection


def request_bytes(method: str, path: str, host: str, headers: str = "", body: bytes = b"") -> bytes:
    """A request as it goes over the wire; `headers` are lines that end in CRLF."""
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}{length}\r\n".encode() + body
