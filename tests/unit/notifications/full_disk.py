"""A process that consumes for notifications, and writes its mails to a disk that is full.

python -m tests.unit.notifications.full_disk SOCKET PASSWORD DIRECTORY

It fills the directory's disk itself with a file `filler`: for somebody else to remove.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from redis.asyncio import Redis

from deployments.notifications.mailer import MailDirectory
from tests.unit.notifications.composed_notifications import ComposedNotifications

FILLER = "filler"


def fill(directory: Path) -> None:
    """Leave no room."""
    with (directory / FILLER).open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 1024)


async def main(socket: str, password: str, directory: str) -> None:
    """Consume until the end."""

    def redis_of(service: str) -> Redis:
        return Redis(
            unix_socket_path=socket, username=service, password=password, decode_responses=True
        )

    fill(Path(directory))
    await ComposedNotifications(redis_of, MailDirectory(Path(directory))).consumer().run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
