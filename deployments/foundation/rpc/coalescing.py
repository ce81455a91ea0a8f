"""Calls to one dependency that travel together while others are under way.

A handle call costs about the same whether it carries one message or sixteen, so under load those
that would be made a moment later anyway wait for each other. A call that finds nobody under way
goes at once and alone, so an idle store is not slowed down.

Each call keeps its own deadline, its own reply and its own cancellation: a reply arrives as soon as
it is there, whatever else travelled with its call, and a caller that leaves takes nobody with it.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from deployments.foundation.rpc.calls import Reply

Call = tuple[str, str, bytes, float, str]
"""Service, method, request as JSON, seconds that it may take, and trace."""
One = Callable[[Call], Awaitable[Reply]]
Many = Callable[[Sequence[Call]], AsyncIterable[Sequence[tuple[int, Reply]]]]
"""Answers calls as they are done: the number of each among those that were given, and its reply."""
AT_ONCE = 2
"""With so many calls under way the next ones wait for each other."""
LONGEST_WAIT_SECONDS = 0.005
"""A slow call under way holds up nobody for longer than this."""
_ONE_MOMENT_SECONDS = 0.002
"""How long the first reply waits for others that are nearly there."""
MOST = 64
"""Calls that travel together at most."""


class UnansweredError(Exception):
    """A replica answered some calls that travelled together and not this one."""


class Coalescing:
    """Sends calls through `one` alone or through `many` together."""

    def __init__(
        self,
        one: One,
        many: Many,
        *,
        at_once: int = AT_ONCE,
        longest_wait: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._one, self._many = one, many
        self._at_once, self._longest_wait = at_once, longest_wait
        self._under_way = 0
        self._waiting: list[tuple[Call, asyncio.Future[Reply]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Call) -> Reply:
        """The call's reply; whatever `one` or `many` raise for it."""
        if self._under_way < self._at_once and not self._waiting:
            return await self._alone(call)
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Reply] = loop.create_future()
        self._waiting.append((call, reply))
        if self._timer is None:
            self._timer = loop.call_later(self._longest_wait, self._depart)
        return await reply

    async def _alone(self, call: Call) -> Reply:
        self._under_way += 1
        try:
            return await self._one(call)
        finally:
            self._arrived()

    def _arrived(self) -> None:
        self._under_way -= 1
        if self._waiting and self._under_way < self._at_once:
            self._depart()

    def _depart(self) -> None:
        """Send those that wait, without whoever has left meanwhile."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        leaving, self._waiting = self._waiting, []
        present = [(call, reply) for call, reply in leaving if not reply.done()]
        for first in range(0, len(present), MOST):
            # The context of whoever happened to be first must not end the others' calls with his.
            sending = self._send(present[first : first + MOST])
            task = contextvars.Context().run(asyncio.create_task, sending)
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, travelling: Sequence[tuple[Call, asyncio.Future[Reply]]]) -> None:
        self._under_way += 1
        try:
            async for done in self._answers([call for call, _ in travelling]):
                for number, reply in done:
                    _settle(travelling[number][1], reply)
            failure: BaseException = UnansweredError()
        except (Exception, asyncio.CancelledError) as failed:  # noqa: BLE001 - it is theirs.
            failure = failed
        finally:
            self._arrived()
        for _, waiting in travelling:
            _fail(waiting, failure)

    async def _answers(self, calls: Sequence[Call]) -> AsyncIterable[Sequence[tuple[int, Reply]]]:
        if len(calls) == 1:
            yield [(0, await self._one(calls[0]))]
            return
        async for done in self._many(calls):
            yield done


async def as_done(
    calls: Sequence[Coroutine[Any, Any, Reply]],
) -> AsyncIterator[Sequence[tuple[int, Reply]]]:
    """The callee's side: replies in the order in which they come, those of one moment together."""
    numbers = {asyncio.create_task(call): number for number, call in enumerate(calls)}
    pending = set(numbers)
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            if pending:
                also, pending = await asyncio.wait(pending, timeout=_ONE_MOMENT_SECONDS)
                done |= also
            yield [(numbers[task], task.result()) for task in done]
    finally:
        for task in pending:
            task.cancel()


def _settle(waiting: asyncio.Future[Reply], reply: Reply) -> None:
    if not waiting.done():
        waiting.set_result(reply)


def _fail(waiting: asyncio.Future[Reply], failure: BaseException) -> None:
    if waiting.done():
        return
    if isinstance(failure, asyncio.CancelledError):
        waiting.cancel()
    else:
        waiting.set_exception(failure)
