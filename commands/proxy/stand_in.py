"""Waits beside a HAProxy, and serves in its place when it has died until Ray has started another.

Ray looks every other second whether its HAProxy lives, and then has to start an actor that starts
another. A stand-in serves within a moment, with the same configuration and an administrative socket
of its own, so that Ray does not take it for the one that it misses. The next one takes its sockets
over, as it does those of a HAProxy that has outlived its manager. Neither outlives the node's Ray.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_EVERY_SECONDS = 0.1
_LASTS_SECONDS = 60.0
"""Who has not come back by then is gone, or does not want a proxy here any more."""


def main(haproxy: int, manager: int, file: Path, binary: str) -> None:
    """Stand in for the HAProxy of this number, which `manager` started with the configuration."""
    from commands.proxy.processes import is_ending, noted  # noqa: PLC0415

    ray = _parent(manager)
    first = _first_to_end(haproxy, manager, ray)
    if first == manager:
        first = _first_to_end(haproxy, ray, seconds=_LASTS_SECONDS)
    if first != haproxy:
        _end(haproxy)
    elif noted(file) == haproxy and _lives(ray) and not is_ending(file):
        _stand_in(file, binary, ray)


def _stand_in(file: Path, binary: str, ray: int) -> None:
    """Serve, until another has taken over."""
    from commands.proxy.configuration import with_admin_socket  # noqa: PLC0415
    from commands.proxy.processes import note, stand_in_file  # noqa: PLC0415

    copy = stand_in_file(file)
    copy.write_text(with_admin_socket(file.read_text(), copy.with_suffix(".sock")))
    with subprocess.Popen([binary, "-db", "-f", str(copy)], stdin=subprocess.DEVNULL) as standing:
        note(copy, standing.pid)
        last = time.monotonic() + _LASTS_SECONDS
        while standing.poll() is None and _lives(ray) and time.monotonic() < last:
            time.sleep(_EVERY_SECONDS)
        standing.terminate()


def _first_to_end(*pids: int, seconds: float | None = None) -> int | None:
    """Wait until one of these processes has ended; none if none has in time."""
    poll, opened = select.poll(), dict[int, int]()
    for pid in pids:
        try:
            opened[os.pidfd_open(pid)] = pid
        except ProcessLookupError:
            return pid
    for descriptor in opened:
        poll.register(descriptor, select.POLLIN)
    ended = [opened[descriptor] for descriptor, _ in poll.poll(seconds and seconds * 1000)]
    for descriptor in opened:
        os.close(descriptor)
    return min(ended, key=pids.index, default=None)


def _parent(pid: int) -> int:
    """Who started a process: the raylet, which lives as long as the node's Ray."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
