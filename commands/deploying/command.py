"""`fieldhouse deploy`, `rollback` and `releases`: what code a running store's services run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.deploying.record import Record, recorded, write
from commands.deploying.releases import AS_INSTALLED, NoReleaseError, Release, Releases, remote
from commands.deploying.rollout import Rollout
from commands.deploying.serve_control import Declared, ServeControl, hosts_of, release_in
from commands.deploying.turn import turn
from commands.exit_status import OK, UNUSABLE, CommandError
from commands.page import ConsolePage, wide_page
from commands.run_settings import PROJECT
from commands.serve_status import dashboard
from deployments.foundation.values.private_files import make_private
from deployments.foundation.values.settings import settings
from deployments.topology import BY_NAME

_HEADERS = ("application", "services", "status", "replicas>", "release", "since", "previous")
_SERVICE = Annotated[str, typer.Argument(help="The service that changes.", show_default=False)]
_WITHIN = Annotated[float, typer.Option(help="Seconds in which it must become healthy.", min=1)]
_CODE = Annotated[
    str, typer.Option(help="A checkout, or the address of a zip of one that every node can reach.")
]


class WrongDeploymentError(CommandError):
    """What was asked for makes no sense; the message says what there is."""

    status = UNUSABLE


class Deployment:
    """Changes the code of the applications that host one service of the running store."""

    def __init__(self, service: str, seconds: float) -> None:
        if service not in BY_NAME:
            raise WrongDeploymentError(f"There is no service {service}: {', '.join(BY_NAME)}.")
        self._page = ConsolePage()
        self._service, self._seconds = service, seconds
        self._data = settings().data_directory.resolve()
        self._serve = ServeControl(dashboard())

    def run(self, what: str, wanted: Callable[[Record, str], Release]) -> int:
        """Let each application that hosts the service run the release that `wanted` gives."""
        make_private(self._data)
        with turn(self._data, f"{what} {self._service}"):
            record = _record(self._data)
            for application in self._hosts():
                record = record.as_found(application, self._running(application))
                record = self._move(record, application, wanted(record, application))
            Releases(self._data).prune(record.named())
        return OK

    def _running(self, application: str) -> Release | None:
        return release_in(self._serve.find().declared, application)

    def _hosts(self) -> list[str]:
        declaration = self._serve.find().declared
        found = hosts_of(declaration, self._service)
        if not found:
            raise WrongDeploymentError(f"No application hosts {self._service}.")
        for app in declaration["applications"]:
            others = [name for name in _services(app) if name != self._service]
            if app["name"] in found and others:
                self._page.say(f"{app['name']} hosts also {', '.join(others)}: they change too.")
        return found

    def _move(self, record: Record, application: str, release: Release) -> Record:
        before = record.release_of(application)
        if release == before:
            self._page.say(f"{application} runs {release.name} already.")
            return record
        self._page.say(f"{application}: from {before.name} to {release.name}")
        Rollout(self._serve, application, self._page.say, seconds=self._seconds).to(release)
        record = record.with_release(application, release, datetime.now(UTC))
        write(self._data, record)
        back = f"fieldhouse rollback {self._service}"
        self._page.say(f"{application} runs {release.name}; `{back}` goes back.")
        return record


def deploy(service: _SERVICE, code: _CODE = str(PROJECT), within: _WITHIN = 180) -> int:
    """Replace one service by another release under load.

    The new replicas start beside the old ones. If they do not become healthy, the old ones go on.
    """
    deployment = Deployment(service, within)
    release = _release(code)
    return deployment.run("deploy", lambda _record, _application: release)


def rollback(service: _SERVICE, within: _WITHIN = 180) -> int:
    """Let one service run the release again that it ran before."""
    return Deployment(service, within).run("rollback", _previous)


def releases() -> int:
    """Show which release each application runs, and ran before."""
    found, record = ServeControl(dashboard()).find(), _record(settings().data_directory.resolve())
    page = wide_page()
    page.say(f"The store was started with {record.started.name}.")
    apps = found.declared["applications"]
    page.table(_HEADERS, [_row(found, record, app["name"], _services(app)) for app in apps])
    return OK


def _row(found: Declared, record: Record, application: str, services: list[str]) -> list[str]:
    status = found.status(application)
    record = record.as_found(application, release_in(found.declared, application))
    deployed = record.applications.get(application)
    since = f"{deployed.since:%Y-%m-%d %H:%M:%S}Z" if deployed and deployed.since else "the start"
    previous = deployed.previous.name if deployed and deployed.previous else "-"
    release = record.release_of(application).name
    hosted = ", ".join(services) or "-"
    return [application, hosted, status.status, str(status.running), release, since, previous]


def _release(code: str) -> Release:
    if "://" in code:
        return remote(code)
    try:
        return Releases(settings().data_directory.resolve()).keep(Path(code).resolve())
    except NoReleaseError as missing:
        raise WrongDeploymentError(str(missing)) from None


def _previous(record: Record, application: str) -> Release:
    deployed = record.applications.get(application)
    if deployed is None:
        raise WrongDeploymentError(
            f"{application} runs what the store was started with: there is nothing to go back to."
        )
    if deployed.previous is None:
        raise WrongDeploymentError(
            f"Nobody has written down here what {application} ran before: deploy it by --code."
        )
    return deployed.previous


def _record(data: Path) -> Record:
    """What was deployed before; a store that `fieldhouse run` did not start runs what it has."""
    return recorded(data) or Record(started=AS_INSTALLED)


def _services(app: dict[str, object]) -> list[str]:
    args = app.get("args")
    return list(args.get("services", ())) if isinstance(args, dict) else []
