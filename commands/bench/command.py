"""`fieldhouse bench`: what the store takes and costs in each placement, beside a ceiling."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

import typer

from commands.bench.bench import run
from commands.bench.growth.run import run as growth
from commands.bench.report.keeping import DIRECTORY, keep
from commands.bench.report.publishing import publish
from commands.bench.report.summary import Summary
from commands.bench.report.table import show
from commands.bench.results import BenchRun, PlacementName
from commands.bench.rows import GROUPS, GROWTH, QUICK, Plan
from commands.bench.stores.peer import NoPeerError, peer_at
from commands.exit_status import FOUND, OK, UNUSABLE, CommandError
from commands.page import ConsolePage

_WIDTH = 250
_MOST = 1_000_000
_PLACEMENTS = Plan().placements
_KNOWN = ",".join((*GROUPS, GROWTH))


class BenchError(CommandError):
    """The bench was asked for something that it does not know."""

    status = UNUSABLE


def plan_of(quick: bool, only: str, placements: str, turns: int | None) -> Plan:  # noqa: FBT001
    """What was asked for. Raises `BenchError`."""
    plan = QUICK if quick else Plan()
    if only:
        plan = replace(plan, groups=_chosen("--only", only, (*GROUPS, GROWTH)))
        if GROWTH in plan.groups and len(plan.groups) > 1:
            raise BenchError("--only growth is measured alone: it takes long.")
    if placements:
        names = _chosen("--placements", placements, _PLACEMENTS)
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
    only: Annotated[str, typer.Option(help=f"Only some of {_KNOWN}.")] = "",
    placements: Annotated[str, typer.Option(help=f"Only some of {','.join(_PLACEMENTS)}.")] = "",
    turns: Annotated[int | None, typer.Option(min=1, help="How often each placement runs.")] = None,
    note: Annotated[str, typer.Option(help="What is new, for the table of kept runs.")] = "",
    vendure: Annotated[
        Path | None, typer.Option(help="Where Vendure is set up, to measure it too.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How far things grow.")] = _MOST,
    page_only: Annotated[
        bool, typer.Option("--page", help="Only write the page anew, from runs that are kept.")
    ] = False,
) -> int:
    """Measure the store in each placement, on stores of its own."""
    page = ConsolePage(width=_WIDTH)
    if not page_only:
        found = _measured(
            page, _beside(plan_of(quick, only, placements, turns), vendure), most, note
        )
        page.say(f"kept in {keep(found, DIRECTORY)}")
        if any(turn.trouble for turn in found.turns):
            return FOUND
    if (written := publish(DIRECTORY)) is not None:
        page.say(f"written: {written}")
    return OK


def _beside(plan: Plan, vendure: Path | None) -> Plan:
    """The plan with the peer in it. Raises `BenchError` where it does not run."""
    if vendure is None:
        return plan
    try:
        peer_at(vendure)
    except NoPeerError as missing:
        raise BenchError(str(missing)) from missing
    return replace(plan, peer=vendure)


def _measured(page: ConsolePage, plan: Plan, most: int, note: str) -> BenchRun:
    if GROWTH in plan.groups:
        return asyncio.run(growth(page.say, most, note))
    found = asyncio.run(run(plan, page.say, note))
    show(page, Summary(found))
    return found
