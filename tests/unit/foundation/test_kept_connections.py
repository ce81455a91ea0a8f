"""A connection that is kept serves one request after another, each with its own time."""

from __future__ import annotations

import asyncio

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.http.edge import http_app
from deployments.foundation.http.timeouts import Timeouts
from deployments.foundation.rpc.deadline import remaining
from tests.eventually import eventually
from tests.served import served

_LARGE = bytes(4_000_000)
"""More than a server reads before somebody asks for it."""


async def test_a_large_body_leaves_its_deadline_to_no_later_request() -> None:
    ends_at = 0.0
    loop = asyncio.get_running_loop()

    async def take(request: Request) -> Response:
        nonlocal ends_at
        for _ in range(100):
            await asyncio.sleep(0)  # The server reads ahead, until it has read too much.
        received = await request.body()
        ends_at = loop.time() + remaining(1e6)
        return Response(str(len(received)))

    app = http_app([Route("/take", take, methods=["POST"])], timeouts=Timeouts(answer=1.0))
    async with served(app) as url, httpx.AsyncClient(base_url=url) as client:
        first = await client.post("/take", content=_LARGE)
        assert (first.status_code, first.text) == (200, "4000000")

        async def over() -> bool:
            return loop.time() > ends_at + 0.1

        await eventually(over)
        again = await client.post("/take", content=b"small")
        assert (again.status_code, again.text) == (200, "5")
