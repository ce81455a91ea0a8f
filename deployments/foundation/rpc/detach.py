"""Work that must finish even when the client that asked for it has left.

Serve cancels a handler, and every handle call made in its context, when the client goes away;
`asyncio.shield` alone does not stop that, because the calls are found through the context. So this
work has a context of its own, into which only the trace is carried on.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from deployments.foundation.rpc.deadline import within
from deployments.foundation.values.spans import belong_to, gathered
from deployments.foundation.values.trace import traceparent, tracing

T = TypeVar("T")
_running: set[asyncio.Task[Any]] = set()
_log = logging.getLogger(__name__)


async def _bounded(work: Coroutine[Any, Any, T], seconds: float, trace: str) -> T:
    with tracing(trace):
        async with within(seconds):
            return await work


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.error("detached work failed: %s", task.get_name(), exc_info=failure)


def _start(work: Coroutine[Any, Any, T], seconds: float, name: str) -> asyncio.Task[T]:
    context = contextvars.Context()
    bounded = _bounded(work, seconds, traceparent())
    context.run(belong_to, gathered())
    task = context.run(asyncio.create_task, bounded, name=name)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


def detach(work: Coroutine[Any, Any, T], *, seconds: float, name: str) -> asyncio.Future[T]:
    """Start `work` in a context of its own, with its own deadline in seconds.

    Await what is returned to learn the outcome: cancelling that wait leaves the work running. A
    failure is raised to whoever waits, and logged only when nobody does any more.
    """
    task = _start(work, seconds, name)
    waiting = asyncio.shield(task)
    task.add_done_callback(lambda done: _log_failure(done) if waiting.cancelled() else None)
    return waiting


def go_on(work: Coroutine[Any, Any, T], *, seconds: float, name: str) -> None:
    """Start `work` as `detach` does, without anybody waiting for it."""
    _start(work, seconds, name).add_done_callback(_log_failure)


async def finish_detached() -> None:
    """Wait until all detached work of this process has ended, for a graceful shutdown."""
    while _running:
        await asyncio.wait(set(_running))
