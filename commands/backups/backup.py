"""`fieldhouse backup`: copies all that a store keeps in Redis into a directory, while it sells."""

from __future__ import annotations

import asyncio
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from commands.backups.manifest import MANIFEST, BackupError, Manifest, ServerSnapshot, digest
from commands.backups.servers import SharedServer, servers
from commands.backups.snapshot import take_snapshot
from commands.exit_status import OK
from commands.page import ConsolePage
from deployments.foundation.http.signing import SIGNING_KEY_FILE
from deployments.foundation.values.clock import utc_now
from deployments.foundation.values.private_files import close_to_others, make_private
from deployments.foundation.values.settings import settings


def take_backup(directory: Path) -> Manifest:
    """A backup of the store that the environment names. Raises `BackupError`."""
    if directory.exists():
        raise BackupError(f"{directory} is there already: name a directory that is not.")
    make_private(directory.resolve())
    began, taken = utc_now(), asyncio.run(_snapshots(directory))
    # An embedded store's own key: platforms know its public half.
    key = settings().data_directory / SIGNING_KEY_FILE
    if settings().is_embedded and key.is_file():
        shutil.copyfile(key, directory / SIGNING_KEY_FILE)
        close_to_others([directory / SIGNING_KEY_FILE])
    manifest = Manifest(
        release=version("fieldhouse"), began=began, taken=utc_now(), snapshots=taken
    )
    # Written last: without it the directory is no backup.
    (directory / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
    close_to_others([directory / MANIFEST])
    return manifest


async def _snapshots(directory: Path) -> tuple[ServerSnapshot, ...]:
    async with servers() as found:
        files = [directory / f"server-{number}.rdb" for number in range(len(found))]
        return tuple([await _snapshot(*each) for each in zip(found, files, strict=True)])


async def _snapshot(server: SharedServer, file: Path) -> ServerSnapshot:
    size = await take_snapshot(server.redis, file)
    return ServerSnapshot(file=file.name, services=server.services, size=size, sha256=digest(file))


def backup(
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="A directory that does not exist yet.")
    ],
) -> int:
    """Copy all that the store keeps in Redis, while it sells."""
    page, manifest = ConsolePage(), take_backup(directory)
    size = sum(one.size for one in manifest.snapshots)
    page.say(f"{directory}: {size} bytes of {len(manifest.snapshots)} server(s)")
    page.say(f"with all that was answered before {manifest.began.isoformat(timespec='seconds')}")
    if len(manifest.snapshots) > 1:
        page.say("and each server at a moment of its own: their books may contradict each other.")
    return OK
