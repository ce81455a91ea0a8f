"""Which HAProxy serves with which configuration."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from commands.proxy.configuration import admin_socket


def stand_in_file(configuration: Path) -> Path:
    """The configuration of whoever stands in for the HAProxy with this one."""
    return configuration.with_name("stand-in.cfg")


def ending_file(scratch: Path) -> Path:
    """What is there while a store ends: nobody stands in any more then."""
    return scratch / "ending"


def is_ending(configuration: Path) -> bool:
    """Whether the store of a HAProxy ends; its configuration is in a node's own directory."""
    return ending_file(configuration.parents[1]).exists()


def note(configuration: Path, pid: int) -> None:
    """Say which process serves with it."""
    _note_of(configuration).write_text(str(pid))


def noted(configuration: Path) -> int | None:
    """The process that was noted last, if any was."""
    with suppress(OSError, ValueError):
        return int(_note_of(configuration).read_text())
    return None


def takeover(configuration: Path) -> list[str]:
    """The arguments by which a HAProxy takes over from what serves in its place, if anything does.

    That is a stand-in, or one that has outlived its manager. It hands its sockets over, and ends
    when it has answered what it has.
    """
    for file in (configuration, stand_in_file(configuration)):
        pid = noted(file)
        if pid is not None and _runs(pid, file):
            return ["-x", admin_socket(file.read_text()), "-sf", str(pid)]
    return []


def _note_of(configuration: Path) -> Path:
    return configuration.with_suffix(".pid")


def _runs(pid: int, configuration: Path) -> bool:
    """Whether it is a HAProxy with this configuration, and no other process of that number."""
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return str(configuration).encode() in command
    return False
