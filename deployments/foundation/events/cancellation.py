"""Cancellation that cannot get lost.

redis-py writes under `asyncio.wait_for`, which in Python 3.11 answers as if nothing had happened
when it is cancelled just as the write is done. And a task group that is cancelled while one of its
tasks fails reports the failure alone. A loop that asks here every time round ends all the same.
"""

from __future__ import annotations

import asyncio


def heed_cancellation() -> None:
    """Raises `CancelledError` if the current task was cancelled before."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
