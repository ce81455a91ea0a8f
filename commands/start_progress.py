"""Shows services coming up: a live table on a terminal, a line a change everywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from commands.serve_status import FAILED, RUNNING, UNHEALTHY, ApplicationStatus

WAITING = "waiting"
_COLOURS = {RUNNING: "green", FAILED: "red", UNHEALTHY: "red"}


class StartProgress:
    """The services' states as they change, each with the seconds since the start."""

    def __init__(self, console: Console, services: Sequence[str]) -> None:
        self._console = console
        self._states = dict.fromkeys(services, (WAITING, 0.0))
        self._width = max(len(service) for service in services)
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._table)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live.is_started:
            self._live.stop()

    def show(self, found: Mapping[str, ApplicationStatus], seconds: float) -> None:
        """Take in what Serve says now; of what it does not mention, the last word stands."""
        for service, (before, _) in self._states.items():
            status = found[service].status if service in found else before
            if status != before:
                self._states[service] = (status, seconds)
                if not self._live.is_started:
                    self._console.print(f"{seconds:6.1f} s  {service:{self._width}}  {status}")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for service, (status, seconds) in self._states.items():
            sign: str | Spinner = " "
            if status not in _COLOURS:
                sign = Spinner("dots")
            since = f"{seconds:.1f} s" if status in _COLOURS else ""
            table.add_row(sign, service, Text(status, _COLOURS.get(status, "dim")), since)
        return table
