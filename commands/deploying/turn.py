"""One operator deploys at a time."""

from __future__ import annotations

import fcntl
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from commands.exit_status import UNUSABLE, CommandError


class TakenError(CommandError):
    """Somebody else deploys; the message says who, what and since when."""

    status = UNUSABLE


@contextmanager
def turn(data: Path, what: str) -> Iterator[None]:
    """Hold the store for one deployment. Raises `TakenError` if another one is under way."""
    with (data / "deploy.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            lock.seek(0)
            raise TakenError(f"Another deployment is under way: {lock.read()}.") from taken
        lock.truncate(0)
        now = datetime.now(UTC).isoformat(" ", "seconds")
        lock.write(f"{getpass.getuser()} (process {os.getpid()}) does {what} since {now}")
        lock.flush()
        yield
