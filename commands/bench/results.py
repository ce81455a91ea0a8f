"""What a run of the bench found, as it is kept: every measurement of every turn, nothing summed up.

Durations are in seconds unless a name says otherwise, memory in MiB.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commands.bench.stores.redis_counters import RedisCounters

PlacementName = Literal["one", "together", "apart", "empty", "vendure"]
"""`empty` is Serve with as many empty applications, for what no placement on it can do without;
`vendure` another store beside it, where somebody has set it up."""
Kind = Literal["whole", "growth", "part"]
Seconds = Mapping[str, float]
Stays = Literal["first day", "a while", "for good"]
"""How long a key stays: a day at most, until its time is over, or as long as the store lives."""


class Kept(BaseModel):
    """The base of all that is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(Kept):
    """Where it ran, and upon what."""

    processor: str
    cores: int
    memory_mib: int
    system: str
    python: str
    packages: Mapping[str, str]


class Latency(Kept):
    """Of how many, and what half and all but a hundredth of them took at most, in milliseconds."""

    count: int
    p50: float
    p99: float


class Measurement(Kept):
    """One row at so many connections, in one turn.

    `cpu` is in seconds, by role, for all units together; what the rest of the machine used beside
    them shows how idle it was. `redis` is what one unit cost it, the store's own polling included.
    """

    row: str
    connections: int
    seconds: float
    units: Latency
    spent: Mapping[str, Latency] = Field(default_factory=dict)
    trouble: Mapping[str, int] = Field(default_factory=dict)
    cpu: Seconds
    redis: RedisCounters
    sent: float
    received: float

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units.count / self.seconds if self.seconds else 0.0


class Following(Kept):
    """What came of purchases at so many connections, until nothing was left to do.

    `drained` is how long that took after the last purchase; `events` how many were published.
    `mail` and `webhook` are counted from the order's event on, in milliseconds.
    """

    connections: int
    purchases: int
    buying: float
    drained: float
    events: int
    cpu: Seconds
    redis: RedisCounters
    mail: Latency
    webhook: Latency

    @property
    def sustained(self) -> float:
        """Purchases a second, what follows them included."""
        return self.purchases / (self.buying + self.drained) if self.buying else 0.0


class Idle(Kept):
    """A store with nothing to do. `cpu` is in cores by role; `redis` a second's."""

    seconds: float
    cpu: Seconds
    memory: Mapping[str, float]
    processes: int
    redis: RedisCounters


class Start(Kept):
    """Seconds from the first process on. `phases` are what came up when."""

    ready: float
    phases: Seconds


class Turn(Kept):
    """One life of a store in one placement."""

    placement: PlacementName
    began: datetime
    start: Start
    idle: Idle | None = None
    measurements: tuple[Measurement, ...] = ()
    following: tuple[Following, ...] = ()
    trouble: str = ""
    """Why the turn came to an early end, if it did."""


class Call(Kept):
    """A service called another, so many times for one journey."""

    caller: str
    callee: str
    method: str
    times: float


class StoredKeys(Kept):
    """Keys of one kind that a journey leaves in Redis, and bytes that it adds to such keys.

    A kind is a key with its ids left out; `stays` says for how long.
    """

    kind: str
    stays: Stays
    keys: float
    bytes: float


class Count(Kept):
    """What one journey is made of, counted in one process; with all that follows it, if `followed`.

    `round_trips` are those of its services' Redis clients, by service.
    """

    row: str
    followed: bool
    calls: tuple[Call, ...]
    round_trips: Mapping[str, float]
    events: float
    stored: tuple[StoredKeys, ...]

    @property
    def calls_made(self) -> float:
        """Calls between services."""
        return sum(call.times for call in self.calls)

    @property
    def trips(self) -> float:
        """Round trips of all services."""
        return sum(self.round_trips.values())

    def keys(self, *stays: Stays) -> float:
        """How many keys it leaves; those that stay so long, if any are named."""
        return sum(one.keys for one in self.stored if not stays or one.stays in stays)

    def bytes(self, *stays: Stays) -> float:
        """How many bytes it leaves in Redis."""
        return sum(one.bytes for one in self.stored if not stays or one.stays in stays)


class EventCost(Kept):
    """Milliseconds of CPU for one event, from its stream to its effect, when many of them wait.

    In one process, which has nothing else to do; `redis` is what the server took.
    """

    events: int
    services: float
    redis: float


class Growth(Kept):
    """One measurement at one size of what grows."""

    what: str
    size: int
    figures: Mapping[str, float]


class BenchRun(Kept):
    """One run: what was measured when, where, and of which commit."""

    commit: str
    changed: bool
    """Whether the checkout had changes that are in no commit."""
    date: datetime
    note: str = ""
    """What is new in it, in the words of whoever measured."""
    machine: Machine
    minutes: float
    load_processes: int
    kind: Kind
    """Whether everything was measured that the page is made of, or growth, or only some of it."""
    hosts: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """By placement, the application that each service is in."""
    turns: tuple[Turn, ...] = ()
    counts: tuple[Count, ...] = ()
    event_cost: EventCost | None = None
    growth: tuple[Growth, ...] = ()


def load_run(file: Path) -> BenchRun:
    """A run that was kept."""
    return BenchRun.model_validate_json(file.read_text())
