"""A connection that is kept serves one request after another, each with its own time."""

from __future__ import annotations

import asyncio
import contextvars

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.http.edge import http_app
from deployments.foundation.rpc.deadline import remaining, within
from tests.eventually import eventually


async def test_a_request_has_no_deadline_of_an_earlier_one() -> None:
    """As where asyncio reads a connection in the context of whoever resumed that."""
    async with within(0.05):
        earlier = contextvars.copy_context()

    async def over() -> bool:
        return earlier.run(remaining, 1.0) == 0

    await eventually(over)

    async def answer(_request: Request) -> Response:
        return Response("in time")

    transport = httpx.ASGITransport(http_app([Route("/", answer)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as client:
        asked = asyncio.create_task(client.get("/"), context=earlier)
        assert (await asked).text == "in time"
