"""The empty routes, which know no Ray."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

PREFIX = "/ceiling"


async def _empty(_request: Request) -> Response:
    return Response()


def ceiling_app(call: Callable[[Request], Awaitable[Response]] | None = None) -> ASGIApp:
    """`/empty`, and `/call` if there is anything to call."""
    routes = [Route("/empty", _empty)]
    return Starlette(routes=[*routes, Route("/call", call)] if call else routes)
