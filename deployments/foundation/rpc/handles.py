"""Calls over Ray Serve: the only place that knows how a service's application is reached."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

from deployments.foundation.rpc.calls import ABSENT, DependencyUnavailable, Reply, answered
from deployments.foundation.rpc.coalescing import Call, Coalescing
from deployments.foundation.rpc.location import Hosted, MovedError, Sent, ServiceLocation
from deployments.foundation.values.trace import traceparent

_log = logging.getLogger(__name__)


class ServeTransport:
    """Carries a service's calls over the handle of the application that hosts it.

    `find` gives that handle, on first use and again when the service has moved. What a service
    raises comes back as data, so any exception here is one of the machinery's.
    """

    def __init__(self, app: str, find: Callable[[str], Hosted]) -> None:
        self._app, self._location = app, ServiceLocation(app, find)
        self._calls = Coalescing(self._one, self._many)

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """One handle call. Any failure of the machinery is `DependencyUnavailable`."""
        try:
            async with asyncio.timeout(seconds):
                reply = await self._ask(method, body, seconds)
        except TimeoutError as late:
            why = f"nothing in {seconds:.1f} s"
            raise DependencyUnavailable(self._app, why, "late") from late
        return answered(self._app, reply)

    async def reach(self, seconds: float) -> bool:
        """Have the way to the service open before the first call needs it; whether it is within the
        time. What is asked for is no service's, so that nobody does anything."""
        try:
            async with asyncio.timeout(seconds):
                asked = await self._location.get()
                await asked.handle.invoke.remote("", "", b"", seconds, None)
        except Exception as lost:  # noqa: BLE001 - the calls that need it tell what is wrong.
            _log.info("no way to %s yet: %s", self._app, type(lost).__name__)
            return False
        return True

    async def _ask(self, method: str, body: bytes, seconds: float) -> Reply:
        """The reply, wherever the service runs by now: a call that found nobody had no effect."""
        moved = 0
        while True:
            reply = await self._carry((self._app, method, body, seconds, traceparent()))
            if reply[0] != ABSENT:
                return reply
            moved += 1
            await asyncio.sleep(min(0.05 * 2**moved, 0.5))

    async def _one(self, call: Call) -> Reply:
        asked = await self._location.get()
        response = asked.handle.invoke.remote(*call)
        async with self._sent(asked, response):
            reply = cast(Reply, await response)
        self._look_at(asked, reply)
        return reply

    async def _many(self, calls: Sequence[Call]) -> AsyncIterator[Sequence[tuple[int, Reply]]]:
        asked = await self._location.get()
        response = asked.handle.options(stream=True).invoke_many.remote(list(calls))
        async with self._sent(asked, response):
            async for done in response:
                for _, reply in done:
                    self._look_at(asked, reply)
                yield done

    @asynccontextmanager
    async def _sent(self, asked: Hosted, response: Any) -> AsyncIterator[None]:  # noqa: ANN401
        """Raises `MovedError` for what was sent to an application that the service has left."""
        with Sent(self._location, asked, response):
            try:
                yield
            except DeploymentUnavailableError as removed:
                if await self._location.has_moved(asked):
                    raise MovedError(self._app) from removed
                raise

    def _look_at(self, asked: Hosted, reply: Reply) -> None:
        if reply[0] == ABSENT:
            self._location.left(asked)

    async def _carry(self, call: Call) -> Reply:
        try:
            return await self._calls(call)
        except asyncio.CancelledError as ended:
            # A replica that ends cancels what it is working on; nobody cancelled this side then.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise DependencyUnavailable(self._app, "it dropped the call", "lost") from ended
        except (TimeoutError, DependencyUnavailable):
            raise
        except MovedError:
            return ABSENT, b""
        except BackPressureError as full:
            raise DependencyUnavailable(self._app, "its queue is full", "busy") from full
        except DeploymentUnavailableError as absent:
            raise DependencyUnavailable(self._app, "it failed to deploy", "absent") from absent
        except Exception as lost:
            _log.warning("a call of %s was lost: %s", self._app, type(lost).__name__)
            raise DependencyUnavailable(self._app, type(lost).__name__, "lost") from lost
