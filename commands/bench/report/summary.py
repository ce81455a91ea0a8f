"""What a run comes to: medians over its turns, their spread, and ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from commands.bench.report.layers import Layer, by_layer
from commands.bench.results import (
    BenchRun,
    Count,
    Following,
    Idle,
    Measurement,
    PlacementName,
    Seconds,
    Turn,
)
from commands.bench.rows import ROWS
from commands.bench.stores.processes import LOAD, OTHER
from commands.bench.stores.redis_counters import RedisCounters

_MILLISECONDS = 1000
_USUAL_LEVEL = 16
_CEILING = "ceiling"
FOLLOWED = frozenset(row.name for row in ROWS if row.followed)


class Figure(NamedTuple):
    """A median over turns, with the lowest and the highest of them."""

    median: float
    low: float
    high: float


def figure(values: Sequence[float]) -> Figure | None:
    """None where there is nothing."""
    if not values:
        return None
    return Figure(statistics.median(values), min(values), max(values))


class Cell:
    """One row at so many connections in one placement, over all turns."""

    def __init__(self, measured: Sequence[Measurement], followed: Sequence[Following]) -> None:
        self.measured, self.followed = measured, followed

    @property
    def rate(self) -> Figure | None:
        """Units a second."""
        return figure([one.rate for one in self.measured])

    @property
    def sustained(self) -> Figure | None:
        """Units a second, the time counted that all which follows them took."""
        return figure([one.sustained for one in self.followed])

    @property
    def p50(self) -> Figure | None:
        """Milliseconds that half of the units took at most."""
        return figure([one.units.p50 for one in self.measured if one.units.count])

    @property
    def p99(self) -> Figure | None:
        """Milliseconds that all but a hundredth of the units took at most."""
        return figure([one.units.p99 for one in self.measured if one.units.count])

    def step(self, name: str) -> Figure | None:
        """Milliseconds that half of the requests of this name took at most."""
        return figure([one.spent[name].p50 for one in self.measured if name in one.spent])

    @property
    def trouble(self) -> int:
        """How many units went wrong."""
        return sum(sum(one.trouble.values()) for one in self.measured)

    def cpu(self) -> dict[Layer, float]:
        """Milliseconds of CPU a unit by layer, with all that followed it where that was waited for.

        The sum over turns is divided by the sum of units: a unit is too short for a clock.
        """
        ceiling = any(one.row in (_CEILING, "call") for one in self.measured)
        sums = by_layer(self.cpu_by_role(), ceiling=ceiling)
        return {layer: value for layer, value in sums.items() if value}

    def cpu_by_role(self) -> dict[str, float]:
        """The same by role, the load and the rest of the machine among them."""
        spent, units = self._spent()
        sums: dict[str, float] = {}
        for one in spent:
            for role, seconds in one.items():
                sums[role] = sums.get(role, 0.0) + seconds
        return (
            {role: value * _MILLISECONDS / units for role, value in sums.items()} if units else {}
        )

    def _spent(self) -> tuple[list[Seconds], int]:
        if self.followed:
            units = sum(one.purchases for one in self.followed)
            return [one.cpu for one in self.followed], units
        return [one.cpu for one in self.measured], sum(one.units.count for one in self.measured)

    @property
    def redis(self) -> RedisCounters:
        """What a unit costs Redis: the turns' medians."""
        turns = [one.redis for one in self.followed or self.measured]
        names = RedisCounters.model_fields
        medians = {name: statistics.median(getattr(one, name) for one in turns) for name in names}
        return RedisCounters(**medians) if turns else RedisCounters()

    @property
    def bytes(self) -> float:
        """Bytes over HTTP, both ways, for one unit."""
        sums = [one.sent + one.received for one in self.measured]
        return statistics.median(sums) if sums else 0.0

    @property
    def load_cores(self) -> float:
        """The cores that the load took: near one a process, it measured itself."""
        return max((one.cpu.get(LOAD, 0.0) / one.seconds for one in self.measured), default=0.0)

    @property
    def other_cores(self) -> float:
        """The cores that the rest of the machine took meanwhile."""
        return max((one.cpu.get(OTHER, 0.0) / one.seconds for one in self.measured), default=0.0)


class Summary:
    """A run, summed up."""

    def __init__(self, run: BenchRun) -> None:
        self.run = run

    @property
    def placements(self) -> list[PlacementName]:
        """Those that were measured, in their order."""
        return list(dict.fromkeys(turn.placement for turn in self.run.turns))

    @property
    def levels(self) -> list[int]:
        """The numbers of connections."""
        found = {one.connections for turn in self.run.turns for one in turn.measurements}
        return sorted(found)

    @property
    def level(self) -> int:
        """The one by which placements are compared."""
        if not self.levels or _USUAL_LEVEL in self.levels:
            return _USUAL_LEVEL
        return self.levels[-1]

    def turns(self, placement: PlacementName) -> list[Turn]:
        """The turns of a placement."""
        return [turn for turn in self.run.turns if turn.placement == placement]

    def cell(self, placement: PlacementName, row: str, level: int) -> Cell:
        """What was measured; empty where nothing was."""
        turns = self.turns(placement)
        measured = [one for turn in turns for one in turn.measurements]
        followed = [one for turn in turns for one in turn.following] if row in FOLLOWED else []
        return Cell(
            [one for one in measured if (one.row, one.connections) == (row, level)],
            [one for one in followed if one.connections == level],
        )

    def to_one(self, placement: PlacementName, row: str) -> float | None:
        """The rate as a part of that in one process."""
        return self.ratio(placement, row, "one", row)

    def to_ceiling(self, placement: PlacementName, row: str) -> float | None:
        """The rate as a part of that of the empty route in the same placement."""
        return self.ratio(placement, row, placement, _CEILING)

    def ratio(
        self, placement: PlacementName, row: str, other: PlacementName, base: str
    ) -> float | None:
        """The rate of a row as a part of that of another."""
        found = self.cell(placement, row, self.level).rate
        against = self.cell(other, base, self.level).rate
        if found is None or against is None or not against.median:
            return None
        return found.median / against.median

    def count(self, row: str, *, followed: bool = False) -> Count | None:
        """What a journey is made of."""
        found = [one for one in self.run.counts if (one.row, one.followed) == (row, followed)]
        return found[0] if found else None

    def handle_calls(self, placement: PlacementName, row: str) -> float | None:
        """The calls of a journey that leave their process in this placement."""
        count = self.count(row, followed=row in FOLLOWED)
        if count is None:
            return None
        host = self.run.hosts.get(placement)
        if not host:
            return None
        return sum(
            call.times for call in count.calls if host.get(call.caller) != host.get(call.callee)
        )

    def idle(self, placement: PlacementName, of: Callable[[Idle], float]) -> Figure | None:
        """Something of the idle store."""
        return figure([of(turn.idle) for turn in self.turns(placement) if turn.idle is not None])

    def ready(self, placement: PlacementName) -> Figure | None:
        """Seconds from the first process until the store is ready."""
        return figure([turn.start.ready for turn in self.turns(placement) if turn.start.ready])

    def phases(self, placement: PlacementName) -> dict[str, float]:
        """When what was up, by the launcher's clock: medians in seconds."""
        starts = [turn.start.phases for turn in self.turns(placement)]
        names = dict.fromkeys(name for phases in starts for name in phases)
        return {name: statistics.median(_known(starts, name)) for name in names}


def _known(phases: Iterable[Seconds], name: str) -> list[float]:
    return [each[name] for each in phases if name in each]


def total(by_layer: dict[Layer, float]) -> float:
    """All layers together."""
    return sum(by_layer.values())
