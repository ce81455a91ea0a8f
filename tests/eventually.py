"""Waiting for a condition, however long that takes on the machine at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from deployments.foundation.events.cancellation import heed_cancellation


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(seconds):
        while not await true():
            heed_cancellation()
            await asyncio.sleep(0.005)
