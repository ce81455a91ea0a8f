"""`fieldhouse bench`: what the store takes and costs in each placement, beside a ceiling."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, cast

import typer

from commands.bench.bench import run
from commands.bench.keeping import DIRECTORY, keep
from commands.bench.placements import PLACEMENTS
from commands.bench.results import PlacementName
from commands.bench.rows import GROUPS, QUICK, Plan
from commands.bench.summary import Summary
from commands.bench.table import show
from commands.exit_status import FOUND, OK, UNUSABLE, CommandError
from commands.page import ConsolePage

_WIDTH = 250


class BenchError(CommandError):
    """The bench was asked for something that it does not know."""

    status = UNUSABLE


def plan_of(quick: bool, only: str, placements: str, turns: int | None) -> Plan:  # noqa: FBT001
    """What was asked for. Raises `BenchError`."""
    plan = QUICK if quick else Plan()
    if only:
        plan = replace(plan, groups=_chosen("--only", only, GROUPS))
    if placements:
        names = _chosen("--placements", placements, tuple(PLACEMENTS))
        plan = replace(plan, placements=cast(tuple[PlacementName, ...], names))
    return plan if turns is None else replace(plan, turns=turns)


def _chosen(option: str, said: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(word.strip() for word in said.split(","))
    for word in words:
        if word not in known:
            raise BenchError(f"{option} does not know {word}: it takes {', '.join(known)}.")
    return words


def bench(
    *,
    quick: Annotated[bool, typer.Option(help="Two minutes: one turn, shorter.")] = False,
    only: Annotated[str, typer.Option(help=f"Only some of {','.join(GROUPS)}.")] = "",
    placements: Annotated[str, typer.Option(help=f"Only some of {','.join(PLACEMENTS)}.")] = "",
    turns: Annotated[int | None, typer.Option(min=1, help="How often each placement runs.")] = None,
    note: Annotated[str, typer.Option(help="What is new, for the table of kept runs.")] = "",
) -> int:
    """Measure the store in each placement, on stores of its own."""
    plan, page = plan_of(quick, only, placements, turns), ConsolePage(width=_WIDTH)
    found = asyncio.run(run(plan, page.say, note))
    show(page, Summary(found))
    kept = keep(found, DIRECTORY)
    page.say(f"kept in {kept}")
    return FOUND if any(turn.trouble for turn in found.turns) else OK
