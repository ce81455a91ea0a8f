"""Brings what the embedded server has written to the disk, once a second, in the server's stead.

The server's own `appendfsync everysec` holds writes back while its sync is under way, for two
seconds at most, and acknowledges them all the same: killed just then, it loses them. So it is told
to hand everything to the kernel before it answers (`appendfsync no`), and syncing is done here.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

EVERY_SECONDS = 1.0
APPEND_ONLY_FILES = "appendonlydir"
_log = logging.getLogger(__name__)


def sync(directory: Path, to_disk: Callable[[int], None] = os.fsync) -> None:
    """Bring every append-only file in a server's directory to the disk, and their names."""
    files = directory / APPEND_ONLY_FILES
    for path in [*files.glob("*"), files] if files.exists() else []:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # The server has rewritten its files meanwhile.
            continue
        try:
            to_disk(descriptor)
        finally:
            os.close(descriptor)


async def keep_synced(
    directory: Path,
    *,
    every: float = EVERY_SECONDS,
    to_disk: Callable[[int], None] = os.fsync,
) -> None:
    """Sync until cancelled. A disk that fails is logged, and tried again."""
    while True:
        try:
            await asyncio.to_thread(sync, directory, to_disk)
        except OSError:
            _log.exception("what was written to %s may be lost in a power cut", directory)
        await asyncio.sleep(every)
