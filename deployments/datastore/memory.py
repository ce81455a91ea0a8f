"""How much memory the embedded server may take."""

from __future__ import annotations

from pathlib import Path

import psutil

_CONTAINER = Path("/sys/fs/cgroup")
_SHARE = 8
_LEAST = 256 * 2**20


def machines_memory(container: Path = _CONTAINER) -> int:
    """The bytes that this machine has, or this container may take."""
    try:
        limit = int((container / "memory.max").read_text())
    except (OSError, ValueError):  # None limits, or the word `max`.
        return psutil.virtual_memory().total
    return min(limit, psutil.virtual_memory().total)


def server_memory(megabytes: int | None, machine: int) -> int:
    """The server's limit in bytes: what the operator says, or an eighth of the machine's.

    Ray, the services and a rewrite of the append-only file, which may take as much again, need the
    rest. No less than 256 MiB, with which a small store sells for weeks.
    """
    return megabytes * 2**20 if megabytes else max(machine // _SHARE, _LEAST)
