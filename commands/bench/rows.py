"""The rows of the table: what is measured, in which order, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from commands.bench.results import PlacementName

LEVELS = (1, 16, 64)
_ON_RAY: tuple[PlacementName, ...] = ("together", "apart")
_EVERYWHERE: tuple[PlacementName, ...] = ("one", "together", "apart")
BASELINE: PlacementName = "empty"
PEER: PlacementName = "vendure"


@dataclass(frozen=True)
class Row:
    """One journey at each number of connections.

    `uses` says which journey makes what this one uses up or works with, and of what kind that is;
    at least so many for each connection. `seconds` is how long it is measured at one connection,
    and at several.
    """

    name: str
    group: str
    title: str
    seconds: tuple[float, float]
    uses: tuple[str, str, float] | None = None
    placements: Sequence[PlacementName] = _EVERYWHERE
    settled: bool = False
    """Whether what earlier rows left to do must be done first."""
    followed: bool = False
    """Whether what follows a unit is waited for, and counted too."""

    def warm_seconds_at(self, connections: int, least: float) -> float:
        """How long the journey is taken before: what is done for the first time costs more."""
        return max(least, self.seconds_at(connections) / 6)

    def seconds_at(self, connections: int) -> float:
        """How long it is measured."""
        return self.seconds[0] if connections == 1 else self.seconds[1]


_READ = (2.0, 3.0)
"""Long enough that every product was read before, which is what is measured, and that a pause of
the machine's does not decide."""
_CART, _SESSION = ("cart create", "carts"), ("session create", "sessions")
ROWS = (
    Row("ceiling", "ceiling", "an empty route", _READ),
    Row("call", "ceiling", "an empty route and an empty call", _READ, placements=_ON_RAY),
    Row("product", "read", "product read", _READ),
    Row("lookup", "read", "lookup of 20", _READ),
    Row("search", "read", "search", _READ),
    Row("cart create", "cart", "cart: create", (1.0, 1.2)),
    Row("cart replace", "cart", "cart: replace", (1.0, 1.2), (*_CART, 1.0)),
    Row("session create", "session", "session: create", (1.0, 1.2)),
    Row("session replace", "session", "session: replace", (1.0, 1.2), (*_SESSION, 1.0)),
    Row("complete", "session", "complete", (1.5, 2.0), (*_SESSION, 1.0)),
    Row("order", "session", "order read", _READ, ("purchase", "orders", 0.1), settled=True),
    Row(
        "purchase",
        "purchase",
        "whole purchase, 5 requests",
        (3.0, 12.0),
        settled=True,
        followed=True,
    ),
)
TITLES = {row.name: row.title for row in ROWS}
GROUPS = (*dict.fromkeys(row.group for row in ROWS), "idle")
GROWTH = "growth"


@dataclass(frozen=True)
class Plan:
    """What one run measures. `scale` makes every measurement longer or shorter."""

    placements: tuple[PlacementName, ...] = (*_EVERYWHERE, BASELINE)
    groups: tuple[str, ...] = GROUPS
    levels: tuple[int, ...] = LEVELS
    repeated: tuple[int, ...] = (16,)
    """The levels of every turn but the first."""
    turns: int = 2
    scale: float = 0.3
    warm_seconds: float = 0.2
    idle_seconds: float = 8.0
    counts: bool = True
    peer: Path | None = None
    """Where the peer was set up, if it is to be measured too."""

    def rows_of(self, placement: PlacementName) -> list[Row]:
        """The rows that a turn of this placement has."""
        return [row for row in ROWS if row.group in self.groups and placement in row.placements]

    def in_turn(self, number: int) -> Plan:
        """What is measured in a placement's turn of this number, from 0 on: everything, and again
        what is compared most."""
        if number == 0:
            return self
        groups = tuple(group for group in self.groups if group != "idle")
        levels = tuple(level for level in self.levels if level in self.repeated)
        return replace(self, groups=groups, levels=levels or self.levels)

    @property
    def counted(self) -> list[str]:
        """The journeys of which is counted what they are made of."""
        return [row.name for row in ROWS if row.group in self.groups] if self.counts else []

    @property
    def order(self) -> list[PlacementName]:
        """The turns: one placement after the other, again and again; the baseline once."""
        peer = [PEER] if self.peer else []
        placements = [*(one for one in self.placements if one != BASELINE), *peer] * self.turns
        return [*placements, BASELINE] if BASELINE in self.placements else placements


QUICK = Plan(
    placements=_EVERYWHERE, levels=(16,), turns=1, scale=0.3, idle_seconds=3.0, counts=False
)
