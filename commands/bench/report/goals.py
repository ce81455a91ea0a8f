"""What the store should cost, and whether it does: ratios of one run, and what was decided on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from commands.bench.report.layers import by_layer
from commands.bench.report.summary import Figure, Summary, total
from commands.bench.results import Idle, PlacementName
from commands.bench.rows import PEER

Value = Callable[[Summary], float | None]
_GIB = 1024
_STORES: tuple[PlacementName, ...] = ("one", "together", "apart")


@dataclass(frozen=True)
class Goal:
    """A figure of a run, and what it should be at least or at most."""

    what: str
    of: Value
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def wanted(self) -> str:
        """As a page says it."""
        sign, bound = ("≥", self.least) if self.least is not None else ("≤", self.most)
        return f"{sign} {bound:g}{self.unit}"

    def met(self, value: float) -> bool:
        """Whether it is what it should be."""
        if self.least is not None:
            return value >= self.least
        return self.most is not None and value <= self.most


def goals() -> Iterator[Goal]:
    """All of them, in their order."""
    yield Goal("whole purchase together, of one process", _to_one("together"), least=1.2)
    yield Goal("whole purchase apart, of one process", _to_one("apart"), least=0.5)
    what = "the same until all that follows has happened"
    yield Goal(f"{what}, together", _sustained("together"), least=1.2)
    yield Goal(f"{what}, apart", _sustained("apart"), least=0.5)
    yield Goal("whole purchase together, of Vendure", _to_vendure("together"), least=10)
    yield Goal("whole purchase apart, of Vendure", _to_vendure("apart"), least=5)
    yield Goal("CPU a purchase apart, of one process, everything included", _cpu, most=3)
    yield Goal("calls between services until a purchase is answered", _calls, most=10)
    yield Goal("CPU an event", _event, most=0.4, unit=" ms")
    for row, least in (("product", 0.8), ("lookup", 0.5), ("search", 0.4)):
        for placement in _STORES:
            what = f"{row}, of the empty route, {placement}"
            yield Goal(what, _to_ceiling(placement, row), least=least)
    yield Goal("doing nothing apart, above an empty Serve", _idle_above, most=0.15, unit=" cores")
    yield Goal("start apart, of as many empty applications", _start, most=1.3)
    yield Goal("start together", _ready("together"), most=15, unit=" s")
    yield Goal("memory, apart", _memory("apart"), most=2.2, unit=" GiB")
    yield Goal("memory, together", _memory("together"), most=1.1, unit=" GiB")
    yield Goal("memory, one process", _memory("one"), most=0.3, unit=" GiB")
    yield Goal("keys of an order after its first day", _keys_kept, most=12)
    yield Goal("bytes of an order for good", _bytes_for_good, most=4, unit=" KB")


def _to_one(placement: PlacementName) -> Value:
    return lambda summary: summary.to_one(placement, "purchase")


def _sustained(placement: PlacementName) -> Value:
    def ratio(summary: Summary) -> float | None:
        cells = (summary.cell(one, "purchase", summary.level) for one in (placement, "one"))
        rate, one = (_median(cell.sustained) for cell in cells)
        return rate / one if rate and one else None

    return ratio


def _to_vendure(placement: PlacementName) -> Value:
    return lambda summary: summary.ratio(placement, "purchase", PEER, "purchase")


def _to_ceiling(placement: PlacementName, row: str) -> Value:
    return lambda summary: summary.to_ceiling(placement, row)


def _cpu(summary: Summary) -> float | None:
    apart, one = (
        total(summary.cell(placement, "purchase", summary.level).cpu())
        for placement in ("apart", "one")
    )
    return apart / one if apart and one else None


def _calls(summary: Summary) -> float | None:
    found = summary.count("purchase")
    return found.calls_made if found else None


def _event(summary: Summary) -> float | None:
    cost = summary.run.event_cost
    return cost.services + cost.redis if cost else None


def _idle_above(summary: Summary) -> float | None:
    apart, empty = (_median(summary.idle(one, _cores)) for one in ("apart", "empty"))
    return None if apart is None or empty is None else apart - empty


def _cores(idle: Idle) -> float:
    return sum(by_layer(idle.cpu).values())


def _start(summary: Summary) -> float | None:
    apart, empty = (_median(summary.ready(one)) for one in ("apart", "empty"))
    return apart / empty if apart and empty else None


def _ready(placement: PlacementName) -> Value:
    return lambda summary: _median(summary.ready(placement))


def _memory(placement: PlacementName) -> Value:
    def gib(summary: Summary) -> float | None:
        used = _median(summary.idle(placement, lambda idle: sum(idle.memory.values())))
        return None if used is None else used / _GIB

    return gib


def _keys_kept(summary: Summary) -> float | None:
    found = summary.count("purchase", followed=True)
    return found.keys("a while", "for good") if found else None


def _bytes_for_good(summary: Summary) -> float | None:
    found = summary.count("purchase", followed=True)
    return found.bytes("for good") / 1024 if found else None


def _median(found: Figure | None) -> float | None:
    return found.median if found else None
