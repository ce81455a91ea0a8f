"""Calls over Ray Serve: the only place that knows how a service's application is reached."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

from deployments.foundation.rpc.calls import ABSENT, DependencyUnavailable, Reply, answered
from deployments.foundation.rpc.coalescing import Call, Coalescing
from deployments.foundation.values.trace import traceparent

_log = logging.getLogger(__name__)


class ServeTransport:
    """Carries a service's calls over the handle of the application that hosts it.

    `find` gives that handle, on first use and again when the service has moved. What a service
    raises comes back as data, so any exception here is one of the machinery's.
    """

    def __init__(self, app: str, find: Callable[[str], Any]) -> None:
        self._app, self._find = app, find
        self._handle: Any = None
        self._finding = asyncio.Lock()
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

    async def _ask(self, method: str, body: bytes, seconds: float) -> Reply:
        """The reply, wherever the service runs by now: a call that found nobody had no effect."""
        moved = 0
        while True:
            if self._handle is None:
                await self._find_handle()
            reply = await self._carry((self._app, method, body, seconds, traceparent()))
            if reply[0] != ABSENT:
                return reply
            self._handle = None
            moved += 1
            await asyncio.sleep(min(0.05 * 2**moved, 0.5))

    async def _find_handle(self) -> None:
        """Serve waits for its controller, and must not keep this loop waiting too."""
        async with self._finding:
            if self._handle is None:
                try:
                    self._handle = await asyncio.to_thread(self._find, self._app)
                except Exception as absent:
                    raise DependencyUnavailable(self._app, str(absent), "absent") from absent

    async def _one(self, call: Call) -> Reply:
        return cast(Reply, await self._handle.invoke.remote(*call))

    async def _many(self, calls: Sequence[Call]) -> AsyncIterator[Sequence[tuple[int, Reply]]]:
        streaming = self._handle.options(stream=True)
        async for done in streaming.invoke_many.remote(list(calls)):
            yield done

    async def _carry(self, call: Call) -> Reply:
        try:
            return await self._calls(call)
        except asyncio.CancelledError as ended:
            # A replica that ends cancels what it is working on; nobody cancelled this side then.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise DependencyUnavailable(self._app, "it dropped the call", "lost") from ended
        except TimeoutError:
            raise
        except BackPressureError as full:
            raise DependencyUnavailable(self._app, "its queue is full", "busy") from full
        except DeploymentUnavailableError as absent:
            self._handle = None
            raise DependencyUnavailable(self._app, "it failed to deploy", "absent") from absent
        except Exception as lost:
            _log.warning("a call of %s was lost: %s", self._app, type(lost).__name__)
            raise DependencyUnavailable(self._app, type(lost).__name__, "lost") from lost
