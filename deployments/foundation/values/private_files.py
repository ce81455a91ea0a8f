"""Directories and files of the store that nobody but its owner may read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_OTHERS = 0o077


class NotPrivateError(OSError):
    """Others may read a directory that is to hold the store's data; the message says what to do."""


def make_private(directory: Path) -> None:
    """Create a directory, and each parent that is missing, for its owner alone."""
    for path in (*reversed(directory.parents), directory):
        path.mkdir(mode=0o700, exist_ok=True)


def keep_private(directory: Path, *, mark: str) -> None:
    """Create the data directory, or see that nobody else may look into it.

    An empty one, or one that a store has used, in which there is the file `mark`, is closed to
    others. Raises `NotPrivateError` for any other that is open: it may hold what others need.
    """
    make_private(directory)
    found = directory.stat()
    if os.getuid() not in (0, found.st_uid):
        raise NotPrivateError(f"{directory} belongs to somebody else: set FIELDHOUSE_DATA.")
    if not found.st_mode & _OTHERS:
        return
    if any(directory.iterdir()) and not (directory / mark).exists():
        raise NotPrivateError(
            f"{directory} holds other files and can be read by others: "
            f"set FIELDHOUSE_DATA, or `chmod 700` it if it is the store's alone."
        )
    close_to_others([directory, *directory.iterdir()])


def close_to_others(paths: Iterable[Path]) -> None:
    """Let nobody but their owner read or write files and directories; others are left alone."""
    for path in paths:
        if path.is_symlink():
            continue
        if path.is_dir():
            path.chmod(0o700)
        elif path.is_file():
            path.chmod(0o600)
