"""`fieldhouse dev`: the whole store in one process, without Ray, for whoever develops it.

Port, settings, data and the line that says it is ready are those of `fieldhouse run`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import psutil
import typer
import uvicorn
import uvloop
import watchfiles
from rich.console import Console
from starlette.types import ASGIApp

from commands.exit_status import OK
from commands.preflight import check, only_store
from commands.run_settings import (
    PROJECT,
    RunSettings,
    make_data,
    settings_from_environment,
)
from deployments.datastore.duties import duties
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.redis.connection import client, connect_redis
from deployments.store import placed
from deployments.topology import SERVICES

NEEDED_MEMORY = 400 * 2**20
_WATCHED = ("actors", "commands", "data", "deployments")
_GRACE_SECONDS = 5


def dev(
    *,
    reload: Annotated[bool, typer.Option(help="Start again whenever code changes.")] = True,
) -> int:
    """Run the whole store in one process, without Ray."""
    if not reload:
        return run_in_one_process()
    command = f"{sys.executable} -m commands dev --no-reload"
    watchfiles.run_process(
        *(PROJECT / name for name in _WATCHED),
        target=command,
        target_type="command",
        callback=lambda changes: print(f"{len(changes)} files changed; starting again ..."),
    )
    return OK


def run_in_one_process(app_of: Callable[[Host], ASGIApp] = Host.app) -> int:
    """Run the store until a signal comes; `app_of` gives what answers HTTP."""
    run = settings_from_environment()
    make_data(run)
    with only_store(run), suppress(KeyboardInterrupt):  # This is how a store is ended.
        check(run, memory=NEEDED_MEMORY)
        uvloop.run(_live(run, Console(highlight=False, soft_wrap=True), app_of))
    return OK


async def _live(run: RunSettings, console: Console, app_of: Callable[[Host], ASGIApp]) -> None:
    """Start Redis, the services and the server, in this order, and end them in the other."""
    keeping = [asyncio.create_task(duty.run(), name=duty.name) for duty in duties()]
    try:
        for redis in await asyncio.gather(*map(connect_redis, SERVICES)):
            await redis.aclose()
        host = Host(placed(), client, nowhere)
        try:
            await host.start()
            await _serve(app_of(host), run, lambda: _report(run, console))
        finally:
            await host.stop()
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


async def _serve(app: ASGIApp, run: RunSettings, ready: Callable[[], None]) -> None:
    """Answer HTTP until a signal comes."""
    config = uvicorn.Config(
        app,
        host=run.host,
        port=run.port,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    signal.signal(signal.SIGHUP, lambda *_: setattr(server, "should_exit", True))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells nobody.
        await asyncio.sleep(0.01)
    if server.started:
        ready()
    # It raises the signal again that ended it, which whoever runs the loop takes for Ctrl-C.
    with suppress(KeyboardInterrupt):
        await serving


def _report(run: RunSettings, console: Console) -> None:
    # Counted from the process's first moment: what Python imports is waited for, too.
    seconds = time.time() - psutil.Process().create_time()
    say = console.out
    say(f"ready after {seconds:.1f} s\n", style="bold")
    say(f"API        {run.url}")
    say(f'           curl -s {run.url}/catalog/search -d \'{{"query": "helmet"}}\'')
    say(f"data       {run.data}")
    say("\nOne process, without Ray. Ctrl-C ends the store.")
