"""What the bench tells a process that puts load on a store, and what it is told in return.

Both cross a pipe, a line of JSON each.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from commands.bench.load.shopper import Workload


class Job(BaseModel):
    """One journey, by so many clients at once, again and again.

    It ends after `seconds`, when what is under way is finished, or after `count` units, or when
    what the journey needs has been used up. `workload` says what there is, from this job on.
    """

    model_config = ConfigDict(frozen=True)

    journey: str
    host: str
    port: int
    connections: int
    seconds: float
    count: int | None = None
    workload: Workload | None = None
    forget: bool = False
    """Whether what earlier jobs made is forgotten: the store is another one."""


class Samples(BaseModel):
    """What came of a job. Durations are in seconds, `began` and `ended` by the monotonic clock.

    `units` are the durations of whole journeys that went well, `spent` those of their requests by
    what they were for; `trouble` counts the others. `made` says how much there is for later jobs.
    """

    units: list[float] = Field(default_factory=list)
    spent: dict[str, list[float]] = Field(default_factory=dict)
    trouble: dict[str, int] = Field(default_factory=dict)
    sent: int = 0
    received: int = 0
    began: float = 0.0
    ended: float = 0.0
    made: dict[str, int] = Field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it all took."""
        return self.ended - self.began

    @property
    def rate(self) -> float:
        """Units a second."""
        return len(self.units) / self.seconds if self.seconds > 0 else 0.0


def merged(parts: Sequence[Samples]) -> Samples:
    """What several processes did at once, as if one had."""
    spent: dict[str, list[float]] = {}
    trouble, made = Counter[str](), Counter[str]()
    for part in parts:
        for what, seconds in part.spent.items():
            spent.setdefault(what, []).extend(seconds)
        trouble.update(part.trouble)
        made.update(part.made)
    return Samples(
        units=[seconds for part in parts for seconds in part.units],
        spent=spent,
        trouble=trouble,
        sent=sum(part.sent for part in parts),
        received=sum(part.received for part in parts),
        began=min(part.began for part in parts),
        ended=max(part.ended for part in parts),
        made=made,
    )


def shared_out(job: Job, processes: int) -> list[Job]:
    """The jobs of each process: connections and units as evenly as can be; none without any."""
    parts = []
    for number in range(min(processes, job.connections)):
        connections = math.ceil((job.connections - number) / processes)
        count = None if job.count is None else math.ceil((job.count - number) / processes)
        parts.append(job.model_copy(update={"connections": connections, "count": count}))
    return parts


def needed(made: Mapping[str, int], kind: str, wanted: int) -> int:
    """How many more there must be."""
    return max(0, wanted - made.get(kind, 0))
