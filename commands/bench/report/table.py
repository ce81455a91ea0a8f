"""The run as tables on a page of the console."""

from __future__ import annotations

from collections.abc import Iterator

from commands.bench.report.layers import LAYERS, by_layer
from commands.bench.report.summary import Figure, Summary, total
from commands.bench.results import BenchRun, PlacementName
from commands.bench.rows import ROWS, TITLES
from commands.bench.stores.placements import PLACEMENTS
from commands.page import ConsolePage

_FULL_CORE = 0.9
_BUSY_MACHINE = 0.25
_NOTHING = "-"


def show(page: ConsolePage, summary: Summary) -> None:
    """Everything that was measured."""
    page.say(of_what(summary.run))
    if summary.levels:
        page.table(_headers(summary), _rows(summary))
        for line in warnings(summary):
            page.say(line, "yellow")
    if lines := list(following_rows(summary)):
        page.table(FOLLOWING_HEADERS, lines)
    if lines := list(idle_rows(summary)):
        page.table(IDLE_HEADERS, lines)


def of_what(run: BenchRun) -> str:
    """The commit, the day and the machine, in a line."""
    machine, changed = run.machine, " with changes" if run.changed else ""
    where = f"{machine.processor}, {machine.cores} cores, Python {machine.python}"
    return f"{run.commit}{changed}, {run.date:%Y-%m-%d %H:%M} UTC, {where}"


def _headers(summary: Summary) -> list[str]:
    levels = [f"{level}: /s p50 p99 ms>" for level in summary.levels]
    costs = ["CPU ms>", *(f"{layer}>" for layer in LAYERS), "calls>", "Redis>", "KB>"]
    return ["", "placement", *levels, *costs, "of one>", "of empty>"]


def _rows(summary: Summary) -> Iterator[list[str]]:
    for row in ROWS:
        head = TITLES[row.name]
        for placement in summary.placements:
            if summary.cell(placement, row.name, summary.level).measured:
                yield [head, PLACEMENTS[placement].title, *_figures(summary, placement, row.name)]
                head = ""


def _figures(summary: Summary, placement: PlacementName, row: str) -> list[str]:
    cells = [summary.cell(placement, row, level) for level in summary.levels]
    levels = [f"{_plain(one.rate)} {_plain(one.p50)} {_plain(one.p99)}" for one in cells]
    chosen = summary.cell(placement, row, summary.level)
    cpu = chosen.cpu()
    costs = [number(total(cpu)), *(number(cpu.get(layer, 0.0)) for layer in LAYERS)]
    calls = summary.handle_calls(placement, row)
    counts = [number(calls), number(chosen.redis.round_trips), number(chosen.bytes / 1024)]
    ratios = [ratio(summary.to_one(placement, row)), ratio(summary.to_ceiling(placement, row))]
    return [*levels, *costs, *counts, *ratios]


def warnings(summary: Summary) -> Iterator[str]:
    """What keeps a figure from being believed."""
    for placement in summary.placements:
        for row in ROWS:
            for level in summary.levels:
                cell = summary.cell(placement, row.name, level)
                what = f"{TITLES[row.name]} at {level}, {PLACEMENTS[placement].title}"
                if cell.trouble:
                    yield f"{what}: {cell.trouble} went wrong."
                busy = cell.load_cores / summary.run.load_processes
                if busy > _FULL_CORE:
                    yield f"{what}: the load took {busy:.2f} of its cores, and may be the limit."
    busiest = busiest_other(summary)
    if busiest > _BUSY_MACHINE:
        yield f"Others on this machine took up to {busiest:.1f} cores: measure again when it idles."


def busiest_other(summary: Summary) -> float:
    """The most cores that others on the machine took during a measurement."""
    cells = (
        summary.cell(placement, row.name, level)
        for placement in summary.placements
        for row in ROWS
        for level in summary.levels
    )
    return max((cell.other_cores for cell in cells), default=0.0)


FOLLOWING_HEADERS = (
    *("what follows", "buyers>", "purchases/s>", "sustained/s>", "drained s>", "events>"),
    *("mail p50 ms>", "p99>", "webhook p50 ms>", "p99>"),
)


def following_rows(summary: Summary) -> Iterator[list[str]]:
    """What followed the purchases; medians of the turns."""
    for placement in summary.placements:
        for level in summary.levels:
            if line := _following(summary, placement, level):
                yield line


def _following(summary: Summary, placement: PlacementName, level: int) -> list[str] | None:
    found = summary.cell(placement, "purchase", level).followed
    if not found:
        return None
    chosen = sorted(found, key=lambda one: one.sustained)[len(found) // 2]
    rate = chosen.purchases / chosen.buying
    latencies = (chosen.mail.p50, chosen.mail.p99, chosen.webhook.p50, chosen.webhook.p99)
    return [
        PLACEMENTS[placement].title,
        str(level),
        number(rate),
        number(chosen.sustained),
        number(chosen.drained),
        number(chosen.events / chosen.purchases if chosen.purchases else None),
        *map(number, latencies),
    ]


IDLE_HEADERS = (
    *("doing nothing", "ready after s>", "MiB>", "processes>", "cores>"),
    *(*(f"{layer}>" for layer in LAYERS), "Redis trips/s>"),
)


def idle_rows(summary: Summary) -> Iterator[list[str]]:
    """What the store needs when nobody asks, and how soon it is ready."""
    for placement in summary.placements:
        cores = summary.idle(placement, lambda idle: sum(by_layer(idle.cpu).values()))
        layers = [
            summary.idle(placement, lambda idle, layer=layer: by_layer(idle.cpu)[layer])  # type: ignore[misc]
            for layer in LAYERS
        ]
        yield [
            PLACEMENTS[placement].title,
            _plain(summary.ready(placement)),
            _plain(summary.idle(placement, lambda idle: sum(idle.memory.values()))),
            _plain(summary.idle(placement, lambda idle: idle.processes)),
            _plain(cores),
            *map(_plain, layers),
            _plain(summary.idle(placement, lambda idle: idle.redis.round_trips)),
        ]


def _plain(found: Figure | None) -> str:
    return number(found.median if found else None)


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return _NOTHING
    if abs(value) >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def spread(found: Figure | None) -> str:
    """A median with the lowest and the highest."""
    if found is None:
        return _NOTHING
    if found.low == found.high:
        return number(found.median)
    return f"{number(found.median)} ({number(found.low)}-{number(found.high)})"


def ratio(value: float | None) -> str:
    """A part of something."""
    return _NOTHING if value is None else f"{value:.2f}"
