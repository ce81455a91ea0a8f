"""Where a service runs, as far as this process knows: found once, and again when it has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

from deployments.foundation.rpc.calls import DependencyUnavailable

LOOK_EVERY_SECONDS = 0.2
"""How long a message waits for a replica until it is seen whether the service has moved."""


class Hosted(NamedTuple):
    """The application that hosts a service, and a handle of it."""

    application: str
    handle: Any


class MovedError(Exception):
    """Another application hosts the service by now, and what was sent has had no effect."""


class ServiceLocation:
    """Where one service runs. `find` says so, and may block while it asks."""

    def __init__(self, service: str, find: Callable[[str], Hosted]) -> None:
        self._service, self._find = service, find
        self._known: Hosted | None = None
        self._finding = asyncio.Lock()

    async def get(self) -> Hosted:
        """The application that hosts the service; `DependencyUnavailable` if none does."""
        if self._known is None:
            async with self._finding:
                if self._known is None:
                    self._known = await self._found()
        return self._known

    def left(self, asked: Hosted) -> None:
        """The service does not run there: the next call finds it anew."""
        if self._known == asked:
            self._known = None

    async def has_moved(self, asked: Hosted) -> bool:
        """Whether another application than the one that was asked hosts the service by now."""
        async with self._finding:
            if self._known is None or self._known.application == asked.application:
                self._known = await self._found()
            return self._known.application != asked.application

    async def _found(self) -> Hosted:
        """Serve waits for its controller, and must not keep this loop waiting too."""
        try:
            return await asyncio.to_thread(self._find, self._service)
        except Exception as absent:
            raise DependencyUnavailable(self._service, str(absent), "absent") from absent


class Sent:
    """A message on its way by a handle: raises `MovedError` if the service moves before a replica
    has taken it. Such a message would wait until it is late: what routes it does not know better.
    """

    def __init__(self, location: ServiceLocation, asked: Hosted, response: Any) -> None:  # noqa: ANN401
        self._location, self._asked, self._response = location, asked, response
        self._moved = False
        self._looking: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(LOOK_EVERY_SECONDS, self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()
        task = asyncio.current_task()
        left = task is not None and task.cancelling()
        if error is not None and self._moved and not left:
            raise MovedError(self._asked.application) from error

    @property
    def _is_taken(self) -> bool:
        """Whether a replica has it; before that nothing was sent. Serve tells it nowhere else."""
        return bool(self._response._replica_result_future.done())  # noqa: SLF001

    def _look(self) -> None:
        if not self._is_taken:
            self._looking = asyncio.get_running_loop().create_task(self._look_on())

    async def _look_on(self) -> None:
        while not self._is_taken:
            try:
                moved = await self._location.has_moved(self._asked)
            except DependencyUnavailable:
                moved = False  # Nobody knows. The message has a deadline, which is told of.
            if moved and not self._is_taken:
                self._moved = True
                self._response.cancel()
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)
