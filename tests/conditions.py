"""Waiting for what must come to be, for as long as that may take on a slow machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

EVERY_SECONDS = 0.2
ENOUGH_SECONDS = 180.0
"""Far more than anything here takes: only what never comes to be is cut off."""


async def until(
    holds: Callable[[], Awaitable[bool] | bool],
    what: str,
    *,
    tell: Callable[[], str],
    seconds: float = ENOUGH_SECONDS,
) -> float:
    """Wait until `holds`; how many seconds that took. If it never does, fails with all it knows."""
    began = time.monotonic()
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return time.monotonic() - began
        waited = time.monotonic() - began
        assert waited < seconds, f"Not after {waited:.0f} s: {what}.\n{tell()}"
        await asyncio.sleep(EVERY_SECONDS)
