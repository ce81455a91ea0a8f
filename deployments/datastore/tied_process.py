"""Becomes another program, one that is signalled when its parent ends, however that ends.

Run as `python tied_process.py <parent's pid> <signal's number> <program> [argument …]`. A child
that sets this itself cannot be forgotten, whereas a parent's own clean-up does not run when it is
killed. Only Linux knows this; elsewhere the program simply runs.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIG_DFL, SIGINT, Signals
from signal import signal as handle
from typing import IO

_PR_SET_PDEATHSIG = 1


def start_tied(
    command: Sequence[str | Path],
    *,
    signal: Signals,
    output: IO[bytes],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    keep_open: Sequence[int] = (),
    new_session: bool = False,
    new_group: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` so that it gets `signal` when the calling thread or its process ends.

    What it writes is its owner's alone.
    """
    tie = [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(signal.value)]
    return subprocess.Popen(  # noqa: S603 - the store's own programs.
        [*tie, *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=directory,
        pass_fds=keep_open,
        start_new_session=new_session,
        umask=0o077,
        process_group=0 if new_group else None,
    )


def _become(parent: int, signal: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal)
    # A shell that starts something in the background lets it ignore what Ctrl-C sends.
    handle(SIGINT, SIG_DFL)
    if os.getppid() != parent:
        return  # The parent ended before it could be watched.
    os.execv(command[0], command)  # noqa: S606 - replaces this process on purpose.


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
