"""`fieldhouse status`: every service on one screen, anew every few seconds while one looks."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import httpx
import typer
from rich.box import ASCII
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from commands.exit_status import FOUND, OK, UNUSABLE, CommandError
from commands.lag import age
from commands.monitoring.exporters import Figures, NotShownError, nodes, read
from commands.monitoring.service_rows import Hosting, ServiceRow, StoreFigures
from commands.serve_status import dashboard, dashboard_file, details
from deployments.foundation.values.settings import settings

_HEADERS = (
    *("service", "application", "status", "replicas", "release", "rate/s", "errors/s", "p99"),
    *("events", "oldest", "given up"),
)
_RIGHT = frozenset({"replicas", "rate/s", "errors/s", "p99", "events", "oldest", "given up"})
_UNKNOWN = "-"
_WELL = frozenset({"RUNNING", ""})
_WIDTH = 160


class NothingToSeeError(CommandError):
    """There is no store whose status could be shown; the message says what to do."""

    status = UNUSABLE


class Watch:
    """One store, looked at again and again; rates are over the last `window` seconds."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._seen: deque[tuple[float, Figures]] = deque()
        self._serve = _dashboard()

    def look(self) -> tuple[list[ServiceRow], Figures]:
        """A line for each service, and all figures."""
        try:
            now, figures = time.monotonic(), read(self._addresses())
            hosting = self._hosting()
        except (NotShownError, httpx.HTTPError) as away:
            raise NothingToSeeError(f"{away} Does the store run?") from away
        self._seen.append((now, figures))
        while len(self._seen) > 2 and now - self._seen[1][0] >= self._window:  # noqa: PLR2004
            self._seen.popleft()
        since, before = self._seen[0]
        grown = figures.since(before) if now > since else None
        return StoreFigures(hosting, figures, grown, now - since).rows(), figures

    def _addresses(self) -> list[str]:
        if self._serve is not None:
            return nodes(self._serve)
        return [f"http://{settings().host}:{settings().metrics_port}"]

    def _hosting(self) -> Mapping[str, Hosting]:
        if self._serve is None:
            return {}
        return hosting_of(details(self._serve))

    @property
    def notes(self) -> list[str]:
        """What cannot be seen here, and why."""
        if self._serve is not None:
            return ["Ray shows figures up to fifteen seconds late."]
        return ["One process without Ray: there are no applications and replicas to show."]


def _dashboard() -> str | None:
    """Ray's dashboard; none for a store in one process that shows its figures."""
    said = settings()
    file = dashboard_file(said.data_directory.resolve())
    if said.ray_dashboard_address is not None or file.exists():
        return dashboard()
    if said.metrics_port is None:
        raise NothingToSeeError(
            "No store on Ray has this data directory, and one in one process shows figures only "
            "with FIELDHOUSE_METRICS_PORT."
        )
    return None


def hosting_of(details: Mapping[str, Any]) -> dict[str, Hosting]:
    """By service the application that hosts it, out of what Serve tells of all."""
    found: dict[str, Hosting] = {}
    for name, application in details["applications"].items():
        args = (application.get("deployed_app_config") or {}).get("args") or {}
        parts = list((application.get("deployments") or {}).values())
        replicas = [replica for part in parts for replica in part.get("replicas") or ()]
        running = sum(replica["state"] == "RUNNING" for replica in replicas)
        wanted = sum(part.get("target_num_replicas") or 0 for part in parts)
        host = Hosting(name, application["status"], running, wanted, _message(application, parts))
        found |= dict.fromkeys(args.get("services", ()), host)
    return found


def _message(application: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> str:
    """What Serve says of the deployments, which it only counts in what it says of the application.

    Of a traceback that is the last line.
    """
    said = [part.get("message") for part in parts] + [application.get("message")]
    return next((text.strip().splitlines()[-1] for text in said if text and text.strip()), "")


def status(
    *,
    once: Annotated[bool, typer.Option(help="Show it once, after one window.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Once, for a program.")] = False,
    window: Annotated[float, typer.Option(help="Seconds that rates are over.", min=1)] = 20,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=1)] = 5,
) -> int:
    """Show every service, its replicas and how it does.

    It ends with 1 if an application does not run as it should.
    """
    watch = Watch(window)
    found, figures = watch.look()
    if once or as_json:
        time.sleep(window)
        found, figures = watch.look()
        print_once(found, figures, watch.notes, as_json=as_json)
        return OK if all(row.status in _WELL for row in found) else FOUND
    with Live(screen(found, figures, watch.notes), auto_refresh=False) as live:
        while True:
            time.sleep(every)
            found, figures = watch.look()
            live.update(screen(found, figures, watch.notes), refresh=True)


def print_once(
    found: Sequence[ServiceRow], figures: Figures, notes: Sequence[str], *, as_json: bool
) -> None:
    """Print it, as a screen or as JSON."""
    if as_json:
        said = {"services": [asdict(row) for row in found], **purchases(figures), "notes": notes}
        typer.echo(json.dumps(said, indent=1))
        return
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(screen(found, figures, notes))


def purchases(figures: Figures) -> dict[str, Any]:
    """Purchases under way by stage, those that wait for an operator, and what was sold."""
    stages = figures.largest("sagas", "stage")
    return {
        "open_sagas": {stage: int(count) for stage, count in stages.items()},
        "parked_sagas": int(max(figures.largest("sagas_parked", "").values(), default=0)),
        "orders": int(sum(figures.summed("orders_total", lambda _: "all").values())),
    }


def screen(found: Sequence[ServiceRow], figures: Figures, notes: Sequence[str]) -> Group:
    """The whole screen. Everything is said in words: colour adds nothing."""
    table = Table(box=ASCII)
    for header in _HEADERS:
        table.add_column(header, justify="right" if header in _RIGHT else "left", no_wrap=True)
    for row in found:
        table.add_row(*cells(row))
    sold = purchases(figures)
    stages = ", ".join(f"{count} {stage}" for stage, count in sold["open_sagas"].items() if count)
    lines = [
        *(_ill(row) for row in found if row.status not in _WELL),
        f"open purchases: {stages or 'none'}; parked: {sold['parked_sagas']}",
        f"orders since these replicas started: {sold['orders']}",
        *notes,
    ]
    return Group(table, *(Text(line) for line in lines))


def _ill(row: ServiceRow) -> str:
    why = f"`fieldhouse logs {row.service}` says why"
    return ": ".join(filter(None, (row.service, row.status, row.message, why)))


def cells(row: ServiceRow) -> list[str]:
    """A line of the table."""
    return [
        *(row.service, row.application or _UNKNOWN, row.status or _UNKNOWN),
        *(row.replicas or _UNKNOWN, row.release or _UNKNOWN),
        *(_number(row.rate), _number(row.errors), _milliseconds(row.p99)),
        *(_whole(row.waiting), _age(row), _whole(row.letters)),
    ]


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.1f}"


def _whole(value: int | None) -> str:
    return _UNKNOWN if value is None else str(value)


def _milliseconds(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds * 1000:.0f} ms"


def _age(row: ServiceRow) -> str:
    return age(row.oldest) if row.oldest is not None and row.waiting else _UNKNOWN
