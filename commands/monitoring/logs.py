"""`fieldhouse logs`: what one service has logged, wherever its replicas run."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import httpx
import typer

from commands.exit_status import OK, UNUSABLE, CommandError
from commands.monitoring.log_files import LogFile, RayLogs
from commands.monitoring.status import hosting_of
from commands.serve_status import dashboard, details
from deployments.topology import BY_NAME

_SAID_AT_MOST = 300
_LIST_EVERY_SECONDS = 3.0
"""How soon the log of a new replica is followed, too."""


class NoLogsError(CommandError):
    """There is nothing to read; the message says why."""

    status = UNUSABLE


def logs(
    service: Annotated[str, typer.Argument(help="Whose logs.", show_default=False)],
    *,
    follow: Annotated[bool, typer.Option(help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option(help="The last lines of each replica.", min=1)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="The lines as they are.")] = False,
) -> int:
    """Show what one service has logged, on all nodes of Ray."""
    if service not in BY_NAME:
        raise NoLogsError(f"There is no service {service}: {', '.join(BY_NAME)}.")
    try:
        for line in _lines(service, lines, follow=follow):
            typer.echo(json.dumps(line, ensure_ascii=False) if as_json else readable(line))
    except httpx.HTTPError as away:
        raise NoLogsError(f"Ray gives no logs: {_why(away)}. Does it run?") from away
    return OK


def _why(away: httpx.HTTPError) -> str:
    """What Ray answered, if it did."""
    if not isinstance(away, httpx.HTTPStatusError):
        return type(away).__name__
    said = ""
    with suppress(httpx.ResponseNotRead):  # Of one that was to be followed.
        said = " ".join(away.response.text.split())[:_SAID_AT_MOST]
    return f"it answered {away.response.status_code} {said}".strip()


def readable(line: dict[str, Any]) -> str:
    """An event for people: when, how bad, which replica, what, and its trace."""
    trace = f" trace={line['trace']}" if line["trace"] else ""
    error = f"\n{line['error']}" if "error" in line else ""
    return f"{line['time']} {line['level']} {line['replica']} {line['message']}{trace}{error}"


def _lines(service: str, last: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """What the service has logged: by time, and then as it comes."""
    address = dashboard()
    host = hosting_of(details(address)).get(service)
    if host is None:
        raise NoLogsError(f"No application hosts {service}.")
    ray = RayLogs(address)
    if follow:
        yield from _followed(ray, host.application, service, last)
        return
    files = ray.files({host.application})
    found = [line for file in files for line in _of(service, ray.lines(file, last, follow=False))]
    yield from sorted(found, key=lambda line: str(line["time"]))


def _of(service: str, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The events of one service, of a replica that may host several."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("service") == service:
            yield event


def _followed(ray: RayLogs, application: str, service: str, last: int) -> Iterator[dict[str, Any]]:
    """What all replicas log from now on, those too that come later."""
    events: queue.Queue[dict[str, Any]] = queue.Queue()
    known: set[LogFile] = set()
    listed_at = float("-inf")
    while True:
        if time.monotonic() - listed_at >= _LIST_EVERY_SECONDS:
            listed_at = time.monotonic()
            for file in set(ray.files({application})) - known:
                known.add(file)
                _start(ray, file, service, last, events)
        try:
            yield events.get(timeout=_LIST_EVERY_SECONDS)
        except queue.Empty:
            continue


def _start(
    ray: RayLogs, file: LogFile, service: str, last: int, events: queue.Queue[dict[str, Any]]
) -> None:
    def read() -> None:
        for event in _of(service, ray.lines(file, last, follow=True)):
            events.put(event)

    threading.Thread(target=read, name=file.name, daemon=True).start()
