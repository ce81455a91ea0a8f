"""`fieldhouse run`: starts the store, says when it is ready, and ends it on Ctrl-C or TERM."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from commands.exit_status import OK, CommandError
from commands.preflight import check, only_store
from commands.ready_report import report
from commands.run_settings import (
    APART,
    RunSettings,
    make_data,
    make_scratch,
    settings_from_environment,
)
from commands.serve_process import ServeProcess
from commands.serve_status import (
    FAILED,
    RUNNING,
    UNHEALTHY,
    ApplicationStatus,
    applications,
    can_be_used,
    dashboard_file,
    token_file,
)
from commands.staff import new_owner_link
from commands.start_progress import StartProgress

_EVERY_SECONDS = 0.5
_UNHEALTHY_FOR_SECONDS = 60.0
_LAST_LINES = 15


class FailedError(CommandError):
    """The store was started and came to nothing; the message says what failed and where to look."""


class StoreRun:
    """One run of the store, from its first process to its last."""

    def __init__(self, settings: RunSettings, console: Console) -> None:
        self._settings, self._console = settings, console
        self._asked_to_stop = threading.Event()
        self._began = time.monotonic()
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._unhealthy_since: dict[str, float] = {}
        self._applications = applications_of(settings.config)

    def stop_on_signals(self) -> None:
        """Ctrl-C, TERM and a closed terminal end the run, whatever it is at."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._asked_to_stop.set())

    def live(self) -> None:
        """Start, report, wait and stop. Raises `FailedError` if it did not come up or broke."""
        serve = ServeProcess(self._settings)
        try:
            self._come_up(serve)
            while not self._asked_to_stop.wait(_EVERY_SECONDS):
                self._read(serve)
                self._must_live(serve)
        finally:
            self._end(serve)

    def _come_up(self, serve: ServeProcess) -> None:
        with StartProgress(self._console, self._applications) as progress:
            while not self._asked_to_stop.wait(_EVERY_SECONDS):
                self._read(serve)
                self._must_live(serve)
                found = applications(serve.dashboard) if serve.dashboard else {}
                progress.show(found, self._seconds())
                self._must_not_fail(found)
                if self._is_ready(found):
                    break
        if not self._asked_to_stop.is_set():
            self._report(serve)

    def _is_ready(self, found: Mapping[str, ApplicationStatus]) -> bool:
        wanted = self._applications
        up = [name for name in wanted if name in found and found[name].status == RUNNING]
        if len(up) == len(wanted) and can_be_used(self._settings.url):
            return True
        if self._seconds() > self._settings.ready_seconds:
            late = ", ".join(name for name in wanted if name not in up) or "its API"
            raise FailedError(f"Not up after {self._seconds():.0f} s: {late}. {self._where()}")
        return False

    def _must_not_fail(self, found: Mapping[str, ApplicationStatus]) -> None:
        for name, application in found.items():
            since = self._unhealthy_since.setdefault(name, self._seconds())
            if application.status != UNHEALTHY:
                del self._unhealthy_since[name]
            elif self._seconds() - since > _UNHEALTHY_FOR_SECONDS:
                raise self._failed(name, application)
            if application.status == FAILED:
                raise self._failed(name, application)

    def _failed(self, name: str, application: ApplicationStatus) -> FailedError:
        logs = self._settings.service_logs / f"replica_{name}_*.log"
        what = f"The service {name} is {application.status}: {application.message}"
        return FailedError(f"{what}\nIts logs: {logs}, controller_*.log and {self._settings.log}")

    def _must_live(self, serve: ServeProcess) -> None:
        if serve.has_ended:
            self._read(serve)
            last = "\n".join(self._last_lines)
            raise FailedError(f"`serve run` ended by itself. Its last words:\n{last}")

    def _read(self, serve: ServeProcess) -> None:
        self._last_lines.extend(serve.new_lines())

    def _report(self, serve: ServeProcess) -> None:
        places = {
            "dashboard": f"{serve.dashboard}, its token is in {token_file()}",
            "logs": f"{self._settings.log}, and of each service in",
            "": str(self._settings.service_logs),
        }
        stays = [
            f"{name} runs {release}, as deployed.\n" for name, release in serve.deployed.items()
        ]
        dashboard_file(self._settings.data).write_text(f"{serve.dashboard}\n")
        link, seconds = asyncio.run(new_owner_link()), self._seconds()
        report(self._console, self._settings, seconds, places, "".join(stays), owner_link=link)

    def _where(self) -> str:
        return f"Logs: {self._settings.log} and {self._settings.service_logs}"

    def _end(self, serve: ServeProcess) -> None:
        began = time.monotonic()
        self._console.out("stopping ...")
        dashboard_file(self._settings.data).unlink(missing_ok=True)
        killed = serve.stop()
        note = f", {killed} processes had to be killed" if killed else ""
        self._console.out(f"stopped after {time.monotonic() - began:.1f} s{note}")

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def applications_of(config: Path) -> list[str]:
    """The applications of a configuration, in its order."""
    said = yaml.safe_load(config.read_text())
    return [str(application["name"]) for application in said["applications"]]


def run_store(
    config: Annotated[
        Path, typer.Option(help="Which application hosts which services.", dir_okay=False)
    ] = APART,
) -> int:
    """Run the store on Ray until Ctrl-C."""
    settings = settings_from_environment(config)
    make_data(settings)
    with only_store(settings):
        check(settings)
        make_scratch(settings)
        run = StoreRun(settings, Console(highlight=False, soft_wrap=True))
        run.stop_on_signals()
        run.live()
    return OK
