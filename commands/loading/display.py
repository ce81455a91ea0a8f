"""What `make load` shows: how it goes, and in the end a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from commands.loading.figures import LoadLevel, highest, percentile
from commands.page import ConsolePage

_HEADERS = (
    *("buyers>", "purchases>", "a second>", "no's>", "open p50>", "p99>", "complete p50>", "p99>"),
    *("mail p50>", "p99>", "webhook p50>", "p99>", "drained>"),
)
_HALF, _MOST = 0.5, 0.99


class LevelProgress:
    """A bar a level on a terminal, and a line a level everywhere."""

    def __init__(self, page: ConsolePage) -> None:
        self._page = page
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bars = Progress(
            *columns, console=page.console, transient=True, disable=not page.console.is_terminal
        )
        self._task: TaskID | None = None

    def begin(self, level: LoadLevel) -> None:
        """A level begins."""
        self._bars.start()
        self._task = self._bars.add_task(f"{level.buyers} buyers", total=None)

    def progress(self, level: LoadLevel, *, draining: bool) -> None:
        """How far it is."""
        if self._task is not None:
            what = "waiting for mails and webhooks" if draining else "buying"
            bought = f"{len(level.orders)} bought, {len(level.mailed)} mailed"
            self._bars.update(
                self._task, description=f"{level.buyers} buyers: {bought}, {what}", refresh=True
            )

    def done(self, level: LoadLevel) -> None:
        """A level has ended."""
        self._bars.stop()
        if self._task is not None:
            self._bars.remove_task(self._task)
        rate, p99 = f"{level.rate:.1f} purchases a second", percentile(level.mailed, _MOST)
        self._page.say(f"{level.buyers} buyers: {rate}, mailed within {seconds(p99)} (p99)")
        for what, count in level.trouble.most_common():
            self._page.say(f"  {what}: {count}", "yellow")


def seconds(value: float) -> str:
    """A duration as a table has it."""
    if math.isnan(value):
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def show(page: ConsolePage, levels: Sequence[LoadLevel]) -> None:
    """The whole table, and what it says in one sentence."""
    page.table(_HEADERS, map(_row, levels))
    best = highest(levels)
    half, most = (seconds(percentile(best.mailed, part)) for part in (_HALF, _MOST))
    page.say(f"At most {best.rate:.1f} purchases a second, with {best.buyers} buyers.")
    page.say(f"From order placed to mail handed over then: p50 {half}, p99 {most}.", "bold")


def _row(level: LoadLevel) -> list[str]:
    counts = [str(level.buyers), str(len(level.orders)), f"{level.rate:.1f}"]
    durations = (level.opening, level.completing, level.mailed, level.delivered)
    parts = [seconds(percentile(of, part)) for of in durations for part in (_HALF, _MOST)]
    return [*counts, str(level.trouble.total()), *parts, seconds(level.drained)]
