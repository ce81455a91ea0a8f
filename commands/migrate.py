"""`fieldhouse migrate`: rewrites what earlier versions stored, while the store sells.

It may be stopped and killed at any moment: run again, it goes on where it was. Run it when every
replica runs the new release, because an older one writes what is to be rewritten.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from redis.asyncio import Redis
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from commands.exit_status import FOUND, OK
from commands.page import ConsolePage
from deployments.foundation.redis.connection import client
from deployments.foundation.redis.migrating import Migration, Progress
from deployments.orders import migrations as orders

MIGRATIONS: Sequence[tuple[str, Callable[[Redis], Migration]]] = (("orders", orders.migration),)
_SAY_EVERY_SECONDS = 2.0
_SHOWN = 10


async def run(page: ConsolePage, migration: Migration) -> Progress:
    """Rewrite everything, and show how far it is."""
    what = f"{migration.service} to version {migration.version}"
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Bars(*columns, console=page.console, disable=not page.console.is_terminal)
    said, progress = time.monotonic(), Progress(0)
    with bars:
        task = bars.add_task(what)
        async for progress in migration.run():
            bars.update(task, completed=progress.seen, total=progress.total)
            if not page.console.is_terminal and time.monotonic() - said > _SAY_EVERY_SECONDS:
                said = time.monotonic()
                page.say(f"{what}: {progress.seen} of {progress.total} looked at")
    return progress


def outcome(page: ConsolePage, migration: Migration, progress: Progress) -> int:
    """What came of it, in a sentence."""
    what = f"{migration.service} to version {migration.version}"
    if not progress.unreadable:
        page.say(f"{what}: all are; {progress.rewritten} were rewritten.")
        return OK
    names = ", ".join(progress.left[:_SHOWN])
    page.say(f"{what}: {progress.unreadable} cannot be read and stay as they are: {names}", "red")
    return FOUND


async def migrate_all(page: ConsolePage) -> int:
    """Each service's, one after another."""
    status = OK
    for service, of in MIGRATIONS:
        async with client(service) as redis:
            migration = of(redis)
            status = max(status, outcome(page, migration, await run(page, migration)))
    return status


def migrate() -> int:
    """Rewrite what earlier versions stored, while the store sells."""
    return asyncio.run(migrate_all(ConsolePage()))
