"""`fieldhouse dev`: the whole store in one process, without Ray, for whoever develops it.

Port, settings, data and the line that says it is ready are those of `fieldhouse run`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated

import psutil
import typer
import uvicorn
import uvloop
import watchfiles
from redis.exceptions import RedisError
from rich.console import Console
from starlette.types import ASGIApp

from commands.exit_status import OK, CommandError
from commands.preflight import check, only_store
from commands.ready_report import report
from commands.run_settings import (
    PROJECT,
    RunSettings,
    make_data,
    settings_from_environment,
)
from commands.staff import new_owner_link
from deployments.datastore.duties import duties
from deployments.foundation.http.edge import http_app
from deployments.foundation.placement.consumption import ConsumerEndedError
from deployments.foundation.placement.exposition import metrics_route
from deployments.foundation.placement.garbage_collection import set_aside
from deployments.foundation.placement.host import Host, LoopEndedError, nowhere
from deployments.foundation.placement.tracing import recording
from deployments.foundation.redis.connection import client, connect_redis
from deployments.foundation.values.meter import Meter
from deployments.foundation.values.settings import settings
from deployments.store import placed
from deployments.topology import SERVICES

NEEDED_MEMORY = 250 * 2**20
"""The process and its Valkey were measured at 150 MiB, with what is shipped and a few orders."""
_WATCHED = ("actors", "commands", "data", "deployments")
_GRACE_SECONDS = 5
_CHECK_EVERY_SECONDS = 5.0
_log = logging.getLogger(__name__)


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
    # What links to the store leads to where it listens, unless the operator says otherwise.
    os.environ.setdefault("FIELDHOUSE_PUBLIC_URL", run.url)
    # A signal that comes before there is anything to end gracefully cancels what is under way.
    with only_store(run), suppress(KeyboardInterrupt, asyncio.CancelledError):
        check(run, memory=NEEDED_MEMORY)
        uvloop.run(_Process(run, Console(highlight=False, soft_wrap=True), app_of).live())
    return OK


class EndedByItselfError(CommandError):
    """A part of the store has ended though nobody stopped it; the message says which."""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Process:
    """One run of the store in this process."""

    def __init__(
        self, run: RunSettings, console: Console, app_of: Callable[[Host], ASGIApp]
    ) -> None:
        self._meter = Meter()
        self._run, self._console, self._app_of = run, console, app_of
        self._server: _Server | None = None
        self._ended: EndedByItselfError | None = None

    async def live(self) -> None:
        """Start Redis, the services and the server, in this order, and end them in the other."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop, task)
        keeping = [asyncio.create_task(duty.run(), name=duty.name) for duty in duties()]
        try:
            for redis in await asyncio.gather(*map(connect_redis, SERVICES)):
                await redis.aclose()
            with recording("dev"):
                await self._host(Host(placed(), client, nowhere, meter=self._meter), keeping)
        finally:
            for duty in keeping:
                duty.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
        if self._ended is not None:
            raise self._ended

    def _stop(self, task: asyncio.Task[None] | None) -> None:
        """End gracefully, or at once while nobody is served yet."""
        if self._server is not None:
            self._server.should_exit = True
        elif task is not None:
            task.cancel()

    async def _host(self, host: Host, duties: Sequence[asyncio.Task[None]]) -> None:
        try:
            await host.start()
            set_aside()
            await self._serve(host, duties)
        finally:
            began = time.monotonic()
            self._console.out("stopping ...")
            await host.stop()
            self._console.out(f"stopped after {time.monotonic() - began:.1f} s")

    async def _serve(self, host: Host, duties: Sequence[asyncio.Task[None]]) -> None:
        """Answer HTTP until a signal comes, or something has ended that should not."""
        options = _http_options(self._app_of(host), self._run.host, self._run.port)
        self._server = server = _Server(options)
        exposing = self._expose()
        watching = asyncio.create_task(self._watch(host, duties))
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn says nothing.
            await asyncio.sleep(0.01)
        if server.started:
            # Counted from the process's first moment: what Python imports is waited for, too.
            seconds = time.time() - psutil.Process().create_time()
            note = "One process, without Ray. "
            link = await new_owner_link()
            report(self._console, self._run, seconds, {}, note, owner_link=link)
        await serving
        watching.cancel()
        if exposing is not None:
            exposing.should_exit = True

    def _expose(self) -> _Server | None:
        """Answer Prometheus on a port of its own, if the operator names one."""
        port = settings().metrics_port
        if port is None:
            return None
        exposing = _Server(
            _http_options(http_app([metrics_route(self._meter)]), self._run.host, port)
        )
        self._exposing = asyncio.create_task(exposing.serve(), name="metrics")
        return exposing

    async def _watch(self, host: Host, duties: Sequence[asyncio.Task[None]]) -> None:
        """What Serve does for a replica: see whether all that runs here still runs."""
        while self._ended is None:
            await asyncio.sleep(_CHECK_EVERY_SECONDS)
            try:
                await host.check()
            except (LoopEndedError, ConsumerEndedError) as ended:
                self._end(str(ended), ended.__cause__)
            except (RedisError, OSError) as away:  # It comes back, and everybody waits for it.
                _log.warning("Redis does not answer: %s", away)
            for duty in duties:
                if duty.done():
                    why = None if duty.cancelled() else duty.exception()
                    self._end(f"{duty.get_name()} has ended: {why!r}", why)

    def _end(self, what: str, why: BaseException | None) -> None:
        _log.error("%s", what, exc_info=why)
        self._ended = EndedByItselfError(f"The store ends, because {what}.")
        if self._server is not None:
            self._server.should_exit = True


def _http_options(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
