"""How long the work at hand may still take, known to every call made on its behalf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("deadline_ends_at", default=None)


def remaining(at_most: float) -> float:
    """Seconds left for the work at hand, and no more than `at_most`."""
    ends_at = _ends_at.get()
    if ends_at is None:
        return at_most
    return max(0.0, min(at_most, ends_at - asyncio.get_running_loop().time()))


@asynccontextmanager
async def within(seconds: float, *, anew: bool = False) -> AsyncIterator[None]:
    """Run the block under a deadline that calls made in it inherit; raises `TimeoutError`.

    Without any time left the block is not entered. What begins `anew`, as a request does, inherits
    no deadline: asyncio goes on reading a connection in the context of whoever resumed that, which
    is an earlier request with a large body.
    """
    allowed = seconds if anew else remaining(seconds)
    if allowed <= 0:
        raise TimeoutError("no time was left")
    token = _ends_at.set(asyncio.get_running_loop().time() + allowed)
    try:
        async with asyncio.timeout(allowed):
            yield
    finally:
        _ends_at.reset(token)
