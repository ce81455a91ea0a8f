"""What bounds a process that reads what a stranger sent, whatever that holds.

It ends where it exceeds a bound, and whoever started it goes on; nothing of the environment of
whoever starts it, in which there are secrets, reaches it.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

import deployments

_KINDLY = 10
_ROOT = Path(next(iter(deployments.__path__))).parent


def bound(*, memory_bytes: int, cpu_seconds: int, disk_bytes: int) -> None:
    """Bound this process, of which other processes are more important: of addresses, of a
    processor's time, and of what it writes into a file."""
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, disk_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(_KINDLY)


def environment() -> dict[str, str]:
    """All that such a process is told."""
    return {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
