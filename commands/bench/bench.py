"""A run of the bench: turns of the placements, one after the other and again."""

from __future__ import annotations

import time
from collections.abc import Callable

from commands.bench.counts.counting import counts
from commands.bench.counts.event_cost import event_cost
from commands.bench.load.dispatch import LoadGenerator, load_processes
from commands.bench.machine import commit, machine
from commands.bench.peer_turn import peer_turn
from commands.bench.results import BenchRun, PlacementName, Turn
from commands.bench.rows import GROUPS, PEER, Plan
from commands.bench.stores.peer import peer_at
from commands.bench.stores.placements import PLACEMENTS
from commands.bench.turn import TurnOf
from deployments.foundation.values.clock import utc_now


async def run(plan: Plan, tell: Callable[[str], None], note: str = "") -> BenchRun:
    """Do what is planned; what was found."""
    began, date = time.monotonic(), utc_now()
    turns, processes = list[Turn](), 1
    async with load_processes() as load:
        processes = load.count
        for number, placement in enumerate(plan.order, 1):
            title = PLACEMENTS[placement].title

            def told(line: str, head: str = f"{number}/{len(plan.order)} {title}") -> None:
                tell(f"{time.monotonic() - began:5.0f} s  {head}: {line}")

            earlier = sum(turn.placement == placement for turn in turns)
            turns.append(await _turn(placement, plan.in_turn(earlier), load, told))
    counted = await counts(plan.counted)
    cost = await event_cost() if plan.counts and "purchase" in plan.groups else None
    return _run(plan, turns, note, processes).model_copy(
        update={
            "counts": counted,
            "event_cost": cost,
            "date": date,
            "minutes": (time.monotonic() - began) / 60,
        }
    )


async def _turn(
    placement: PlacementName, plan: Plan, load: LoadGenerator, told: Callable[[str], None]
) -> Turn:
    if placement == PEER and plan.peer is not None:
        return await peer_turn(peer_at(plan.peer), plan, load, told)
    return await TurnOf(placement, plan, load, told).taken()


def _run(plan: Plan, turns: list[Turn], note: str, processes: int) -> BenchRun:
    head, changed = commit()
    return BenchRun(
        commit=head,
        changed=changed,
        date=utc_now(),
        note=note,
        machine=machine(),
        minutes=0,
        load_processes=processes,
        kind="whole" if is_whole(plan, turns) else "part",
        hosts={name: PLACEMENTS[name].hosts() for name in plan.placements},
        turns=tuple(turns),
    )


def is_whole(plan: Plan, turns: list[Turn]) -> bool:
    """Whether everything was planned that a page is made of, and nothing went wrong."""
    everything = set(plan.groups) >= set(GROUPS) and set(plan.placements) >= set(Plan().placements)
    thorough = plan.counts and plan.turns > 1
    return everything and thorough and not any(turn.trouble for turn in turns)
