"""`fieldhouse restore`: brings a backup to an empty store, which is to be started afterwards."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from commands.backups.copying import copy_service, is_empty, snapshot_server
from commands.backups.manifest import BackupError, Manifest, read_manifest
from commands.backups.servers import operators_client
from commands.exit_status import OK
from commands.page import ConsolePage
from commands.preflight import only_store
from commands.run_settings import make_data, settings_from_environment
from deployments.datastore.server import ADMIN, ValkeyServer
from deployments.foundation.http.signing import SIGNING_KEY_FILE
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.values.private_files import close_to_others
from deployments.foundation.values.settings import settings


async def restore_backup(directory: Path) -> tuple[Manifest, int]:
    """Restore into the store that the environment names; with how many keys it then has.

    Raises `BackupError` if anything is there already, or cannot be brought there.
    """
    manifest, count = await asyncio.to_thread(read_manifest, directory), 0
    services = [service for snapshot in manifest.snapshots for service in snapshot.services]
    async with _embedded_if_needed(directory, services):
        for service in services:
            async with operators_client(service) as target:
                if not await is_empty(target, service):
                    raise BackupError(
                        f"There are keys of {service} already: a backup is restored to an empty "
                        "Redis, or an empty data directory."
                    )
        for snapshot in manifest.snapshots:
            async with snapshot_server(directory / snapshot.file) as source:
                for service in snapshot.services:
                    async with operators_client(service) as target:
                        count += await copy_service(source, target, service)
    return manifest, count


@asynccontextmanager
async def _embedded_if_needed(directory: Path, services: list[str]) -> AsyncIterator[None]:
    """The embedded server runs meanwhile, if any of the services is to have its keys there."""
    if not settings().is_embedded or all(map(settings().own_redis_url, services)):
        yield
        return
    run = settings_from_environment()
    make_data(run)
    with only_store(run):
        server = asyncio.create_task(ValkeyServer(run.data, settings().socket_path).run())
        try:
            await (await connect_redis(ADMIN)).aclose()
            yield
        finally:
            server.cancel()
            with suppress(asyncio.CancelledError):
                await server
    if (directory / SIGNING_KEY_FILE).is_file():
        shutil.copyfile(directory / SIGNING_KEY_FILE, run.data / SIGNING_KEY_FILE)
        close_to_others([run.data / SIGNING_KEY_FILE])


def restore(
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="What `fieldhouse backup` has written.")
    ],
) -> int:
    """Bring a backup to an empty store."""
    page, (manifest, count) = ConsolePage(), asyncio.run(restore_backup(directory))
    page.say(f"{count} keys, as they were at {manifest.began.isoformat(timespec='seconds')}.")
    page.say("Start the store, and run `fieldhouse audit`.")
    return OK
