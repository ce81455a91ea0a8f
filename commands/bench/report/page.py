"""`docs/performance.md`, written from a run that is kept: no figure in it is typed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from commands.bench.report.goals import Goal, goals
from commands.bench.report.growth_tables import growth_tables
from commands.bench.report.keeping import name_of
from commands.bench.report.layers import LAYERS
from commands.bench.report.markdown import markdown
from commands.bench.report.summary import Figure, Summary, total
from commands.bench.report.table import (
    FOLLOWING_HEADERS,
    IDLE_HEADERS,
    following_rows,
    idle_rows,
    number,
    of_what,
    ratio,
    spread,
    warnings,
)
from commands.bench.results import BenchRun, PlacementName
from commands.bench.rows import ROWS, TITLES
from commands.bench.stores.placements import PLACEMENTS

_TEMPLATE = Path(__file__).with_name("performance.md.j2")
_PURCHASE = "purchase"
_NOT_MEASURED = "not measured"


def page(
    run: BenchRun, history: Sequence[BenchRun], growth: BenchRun | None = None, directory: str = ""
) -> str:
    """The page of a whole run.

    `history` are all whole runs, the oldest first, `growth` is the newest run of what grows, and
    `directory` holds their pictures, as a path from the page.
    """
    summary, pictures = Summary(run), f"{directory}/{name_of(run)}"
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown.
    said = {**_measured(summary, pictures), **_purchase(summary), "history": _history(history)}
    said["goals"] = markdown(("what", "goal>", "measured>", ""), _goals(summary))
    said["growth"] = growth_tables(growth, directory) if growth else ""
    return template.from_string(_TEMPLATE.read_text()).render(said)


def _measured(summary: Summary, pictures: str) -> dict[str, str]:
    run = summary.run
    processes = (
        "a process which asks"
        if run.load_processes == 1
        else f"{run.load_processes} processes which ask"
    )
    found = list(warnings(summary))
    cost = run.event_cost
    return {
        "measured": f"Measured on {of_what(run)}, in {run.minutes:.0f} minutes.",
        "load": processes,
        "pictures": pictures,
        "level": f"{summary.level}",
        "lowest": _connections(summary.levels[0]),
        "rates": markdown(_rate_headers(summary), _rates(summary)),
        "warnings": " ".join(found) if found else "Nothing went wrong, and the machine was idle.",
        "costs": markdown(_COST_HEADERS, _costs(summary)),
        "following": markdown(FOLLOWING_HEADERS, following_rows(summary)),
        "event_cost": ""
        if cost is None
        else f"When many events wait, one costs {number(cost.services)} ms of CPU in the services "
        f"and {number(cost.redis)} ms in Redis.",
        "idle": markdown(IDLE_HEADERS, idle_rows(summary)),
        "phases": markdown(("up after, s", *_titles(summary.placements)), _phases(summary)),
    }


def _connections(level: int) -> str:
    return "one connection" if level == 1 else f"{level} connections"


def _titles(placements: Iterable[PlacementName]) -> list[str]:
    return [f"{PLACEMENTS[placement].title}>" for placement in placements]


def _bought(summary: Summary) -> list[PlacementName]:
    """Where purchases were measured."""
    return [
        placement
        for placement in summary.placements
        if summary.cell(placement, _PURCHASE, summary.level).measured
    ]


def _shown(summary: Summary) -> Iterator[tuple[str, PlacementName]]:
    """The rows that were measured, each in its placements."""
    for row in ROWS:
        for placement in summary.placements:
            if summary.cell(placement, row.name, summary.level).measured:
                yield row.name, placement


def _rate_headers(summary: Summary) -> list[str]:
    levels = [f"{what}>" for level in summary.levels for what in (f"{level}: /s", "p50", "p99")]
    return ["", "placement", *levels, "of one>", "of empty>"]


def _rates(summary: Summary) -> Iterator[list[str]]:
    for row, placement in _shown(summary):
        cells = [summary.cell(placement, row, level) for level in summary.levels]
        figures = [
            said for one in cells for said in (spread(one.rate), _half(one.p50), _half(one.p99))
        ]
        ratios = [ratio(summary.to_one(placement, row)), ratio(summary.to_ceiling(placement, row))]
        yield [TITLES[row], PLACEMENTS[placement].title, *figures, *ratios]


def _half(found: Figure | None) -> str:
    return number(found.median if found else None)


_COST_HEADERS = (
    *("", "placement", "CPU ms>", *(f"{layer}>" for layer in LAYERS), "load>"),
    *("calls>", "round trips>", "KB>"),
)


def _costs(summary: Summary) -> Iterator[list[str]]:
    for row, placement in _shown(summary):
        cell = summary.cell(placement, row, summary.level)
        cpu = cell.cpu()
        yield [
            TITLES[row],
            PLACEMENTS[placement].title,
            number(total(cpu)),
            *(number(cpu.get(layer, 0.0)) for layer in LAYERS),
            number(cell.cpu_by_role().get("load", 0.0)),
            number(summary.handle_calls(placement, row)),
            number(cell.redis.round_trips),
            number(cell.bytes / 1024),
        ]


def _phases(summary: Summary) -> Iterator[list[str]]:
    phases = [summary.phases(placement) for placement in summary.placements]
    for name in dict.fromkeys(name for each in phases for name in each):
        yield [name, *(number(each.get(name)) for each in phases)]


def _purchase(summary: Summary) -> dict[str, str]:
    """What a purchase is made of."""
    asked, whole = summary.count(_PURCHASE), summary.count(_PURCHASE, followed=True)
    if asked is None or whole is None:
        raise ValueError("A run without counts makes no page.")
    calls = ([one.caller, one.callee, one.method, number(one.times)] for one in asked.calls)
    trips = ([name, number(made)] for name, made in whole.round_trips.items())
    stored = (
        [f"`{one.kind}`", one.stays, number(one.keys), number(one.bytes)] for one in whole.stored
    )
    return {
        "steps": markdown(("request", *_titles(_bought(summary))), _steps(summary)),
        "calls_made": number(asked.calls_made),
        "trips": number(asked.trips),
        "calls": markdown(("caller", "callee", "method", "times>"), calls),
        "events": number(whole.events),
        "trips_followed": number(whole.trips),
        "trips_by_service": markdown(("service", "round trips>"), trips),
        "keys": number(whole.keys()),
        "kilobytes": number(whole.bytes() / 1024),
        "keys_for_good": number(whole.keys("for good")),
        "kilobytes_for_good": number(whole.bytes("for good") / 1024),
        "stored": markdown(("key", "stays", "keys>", "bytes>"), stored),
        "roles": markdown(("process", *_titles(_bought(summary))), _roles(summary)),
    }


def _steps(summary: Summary) -> Iterator[list[str]]:
    cells = [summary.cell(one, _PURCHASE, summary.levels[0]) for one in _bought(summary)]
    names = dict.fromkeys(name for cell in cells for one in cell.measured for name in one.spent)
    for name in names:
        yield [name, *(_half(cell.step(name)) for cell in cells)]


def _roles(summary: Summary) -> Iterator[list[str]]:
    cells = [summary.cell(one, _PURCHASE, summary.level) for one in _bought(summary)]
    roles = [cell.cpu_by_role() for cell in cells]
    spent = {role: max(each.get(role, 0.0) for each in roles) for each in roles for role in each}
    for role in sorted(spent, key=lambda role: -spent[role]):
        yield [role, *(number(each.get(role)) for each in roles)]


def _goals(summary: Summary) -> Iterator[list[str]]:
    for goal in goals():
        value = goal.of(summary)
        yield [goal.what, goal.wanted(), *_outcome(goal, value)]


def _outcome(goal: Goal, value: float | None) -> list[str]:
    if value is None:
        return [_NOT_MEASURED, ""]
    return [f"{number(value)}{goal.unit}", "met" if goal.met(value) else "not met"]


def _history(runs: Iterable[BenchRun]) -> str:
    headers = ("commit", "date", "what is new", "purchases/s, of one>", "CPU ms a purchase>")
    more = ("calls>", "round trips>", "events>", "ready s>", "MiB>")
    return markdown((*headers, *more), map(_kept, runs))


def _kept(run: BenchRun) -> list[str]:
    """A line for a run; where there is a figure for each placement, in their order."""
    summary = Summary(run)
    count = summary.count(_PURCHASE, followed=True)
    placements = [one for one in summary.placements if PLACEMENTS[one].kind == "store"]
    cells = {one: summary.cell(one, _PURCHASE, summary.level) for one in placements}
    rates = [f"{_half(cells[one].rate)}, {ratio(summary.to_one(one, _PURCHASE))}" for one in cells]
    cpu = [number(total(cell.cpu())) for cell in cells.values()]
    ready = [_half(summary.ready(one)) for one in placements]
    memory = [
        _half(summary.idle(one, lambda idle: sum(idle.memory.values()))) for one in placements
    ]
    return [
        f"`{run.commit}`",
        f"{run.date:%Y-%m-%d}",
        run.note,
        *("; ".join(figures) for figures in (rates, cpu)),
        *(map(number, (count.calls_made, count.trips, count.events)) if count else "---"),
        *("; ".join(figures) for figures in (ready, memory)),
    ]
