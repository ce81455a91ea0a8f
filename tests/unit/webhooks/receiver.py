"""A platform's endpoint: a real HTTP server that keeps what it gets and answers as told."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.served import served


@dataclass(frozen=True)
class Received:
    """One request."""

    url: str
    headers: Headers
    body: bytes

    @property
    def order(self) -> dict[str, Any]:
        """The body as an order."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Responder = Callable[[Received], Response | None]
"""What to answer; nothing at all, for as long as the receiver lives, if it is none."""


def ok(_received: Received) -> Response:
    return Response(status_code=200)


class Receiver:
    """Keeps every request in `received`, and those that it took, with 2xx, in `taken`."""

    def __init__(self, url: str, closing: asyncio.Event) -> None:
        self.url, self._closing = url, closing
        self.answer: Responder = ok
        self.received: list[Received] = []
        self.taken: list[Received] = []
        self.under_way: dict[str, int] = defaultdict(int)
        self.most_at_once = 0
        self.overlapped = False

    async def __call__(self, request: Request) -> Response:
        url = f"{request.url.scheme}://{request.url.netloc}{_target(request)}"
        received = Received(url, request.headers, await request.body())
        order = received.order["id"]
        self.received.append(received)
        self.under_way[order] += 1
        self.overlapped |= self.under_way[order] > 1
        self.most_at_once = max(self.most_at_once, sum(self.under_way.values()))
        try:
            await asyncio.sleep(0)
            answer = self.answer(received)
            if answer is None:
                await self._closing.wait()
                return Response(status_code=500)
            if answer.status_code < 300:
                self.taken.append(received)
            return answer
        finally:
            self.under_way[order] -= 1

    def ids(self, order: str) -> list[str]:
        """The events that it took about an order, in their order."""
        return [one.id for one in self.taken if one.order["id"] == order]


def _target(request: Request) -> str:
    """The path and the query as they came."""
    raw: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (raw + (b"?" + query if query else b"")).decode()


@asynccontextmanager
async def receiver(path: str = "/hooks") -> AsyncIterator[Receiver]:
    """While it is open."""
    closing = asyncio.Event()
    box: list[Receiver] = []

    async def take(request: Request) -> Response:
        return await box[0](request)

    async with served(Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])) as url:
        box.append(Receiver(f"{url}{path}", closing))
        try:
            yield box[0]
        finally:
            closing.set()
