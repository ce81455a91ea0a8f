"""A platform's endpoint on this machine, which notes when it first received each order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.foundation.values.clock import utc_now

_NOTHING_TO_SAY = 204


class WebhookReceiver:
    """Takes whatever is posted to it. `received` says when each order came first, and `count` how
    many came in all."""

    def __init__(self) -> None:
        self.received: dict[str, datetime] = {}
        self.count = 0
        self._app = Starlette(routes=[Route("/webhooks", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.count += 1
        self.received.setdefault((await request.json())["id"], utc_now())
        return Response(status_code=_NOTHING_TO_SAY)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """While it listens; gives its address."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            config = uvicorn.Config(self._app, lifespan="off", log_config=None, access_log=False)
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve([listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks"
            finally:
                server.should_exit = True
                await running
