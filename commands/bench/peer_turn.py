"""A turn of the peer, which runs already: the rows that it has in common with the store."""

from __future__ import annotations

from collections.abc import Callable

from commands.bench.load.dispatch import LoadGenerator
from commands.bench.measuring import measurement
from commands.bench.results import Idle, Measurement, Start, Turn
from commands.bench.rows import PEER, ROWS, Plan, Row
from commands.bench.stores.peer import Peer
from commands.bench.stores.processes import Processes, used_between
from commands.bench.turn import idle, line
from deployments.foundation.values.clock import utc_now

_JOURNEYS = {"product": "vendure product", "purchase": "vendure purchase"}


async def peer_turn(
    peer: Peer, plan: Plan, load: LoadGenerator, tell: Callable[[str], None]
) -> Turn:
    """Everything that is measured of the peer in one turn."""
    began, processes = utc_now(), peer.processes(load.processes)
    load.turn_to(peer.url, await peer.workload())
    idled: Idle | None = None
    if "idle" in plan.groups:
        idled = await idle(processes, plan.idle_seconds)
    measured = []
    for row in ROWS:
        if row.name in _JOURNEYS and row.group in plan.groups:
            for connections in plan.levels:
                measured.append(await _measure(row, connections, plan, load, processes))
                tell(line(row, measured[-1]))
    start = Start(ready=0, phases={})
    return Turn(placement=PEER, began=began, start=start, idle=idled, measurements=tuple(measured))


async def _measure(
    row: Row, connections: int, plan: Plan, load: LoadGenerator, processes: Processes
) -> Measurement:
    journey = _JOURNEYS[row.name]
    await load.run(journey, connections, plan.warm_seconds)
    before = processes.cpu()
    samples = await load.run(journey, connections, row.seconds_at(connections) * plan.scale)
    return measurement(row, connections, samples, used_between(before, processes.cpu()))
