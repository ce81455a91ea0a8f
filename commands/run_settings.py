"""What a run of the store is told by the environment, and where it keeps what it needs."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from commands.exit_status import UNUSABLE, CommandError
from deployments.foundation.redis.connection import SECRET_FILE
from deployments.foundation.values.private_files import NotPrivateError, keep_private
from deployments.foundation.values.settings import SettingsError, local_url, settings

PROJECT = Path(__file__).parents[1]
APART = PROJECT / "serve_config.yaml"
"""Every service an application of its own; the configuration that the others are measured by."""
_SCRATCH = Path("/tmp")  # noqa: S108 - owned and checked below; sockets' paths must be short.


class CannotRunError(CommandError):
    """The store cannot run; the message is one line that says why and what to do."""

    status = UNUSABLE


@dataclass(frozen=True)
class RunSettings:
    """One store on this machine.

    `data` outlives the run; `scratch` holds Ray's session and HAProxy's files. `ready_seconds` is
    how long the services may take to come up, and `config` says which application hosts which.
    """

    host: str
    port: int
    data: Path
    scratch: Path
    ready_seconds: float
    config: Path = APART

    @property
    def url(self) -> str:
        """The API's address as this machine reaches it."""
        return local_url(self.host, self.port)

    @property
    def log(self) -> Path:
        """What `serve run` and the actors print."""
        return self.data / "store.log"

    @property
    def service_logs(self) -> Path:
        """Serve's own logs, one file a replica."""
        return self.scratch / "ray" / "session_latest" / "logs" / "serve"


def settings_from_environment(config: Path = APART) -> RunSettings:
    """The store that the environment asks for. Raises `CannotRunError` for what makes no sense."""
    try:
        said = settings()
    except SettingsError as mistake:
        raise CannotRunError(str(mistake)) from None
    if not config.is_file():
        raise CannotRunError(f"There is no configuration {config}: name one of serve_config*.yaml.")
    data = said.data_directory.resolve()
    # The directory's owner may keep several stores, one a data directory.
    name = hashlib.sha256(f"{os.getuid()}:{data}".encode()).hexdigest()[:8]
    return RunSettings(
        host=said.host,
        port=said.port,
        data=data,
        scratch=_SCRATCH / f"fieldhouse-{name}",
        ready_seconds=said.ready_seconds,
        config=config,
    )


def make_data(settings: RunSettings) -> None:
    """Make the data directory, for nobody else to read. Raises `CannotRunError` if it cannot be."""
    try:
        keep_private(settings.data, mark=SECRET_FILE)
    except NotPrivateError as others:
        raise CannotRunError(str(others)) from None
    except OSError as reason:
        raise CannotRunError(f"{settings.data} cannot be used: {reason.strerror}.") from reason


def make_scratch(settings: RunSettings) -> None:
    """Make the directory of the run. Raises `CannotRunError` where it could be another's."""
    with suppress(FileExistsError):
        settings.scratch.mkdir(mode=0o700)
    found = settings.scratch.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise CannotRunError(f"{settings.scratch} belongs to somebody else: remove it.")
