"""How many replicas and Redis nodes a rate of purchases needs, and what is full first."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.capacity.costs import SERVICES_MS, redis_ms

FULL = 0.6
"""How busy a part may be on average: beyond that, what waits grows fast."""


@dataclass(frozen=True)
class CapacityPlan:
    """Replicas by service, and the Redis nodes of each: several for one that has partitions."""

    rate: float
    replicas: dict[str, int]
    nodes: dict[str, tuple[int, ...]]

    @property
    def redis_nodes(self) -> int:
        """How many there are."""
        return len({node for each in self.nodes.values() for node in each})

    @property
    def partitions(self) -> int:
        """Into how many the service with the most has to be divided."""
        return max(map(len, self.nodes.values()))


def plan_for(rate: float) -> CapacityPlan:
    """The least that keeps every part below `FULL`; a replica and a node are a core each."""
    replicas = {name: _cores(rate * ms) for name, ms in SERVICES_MS.items()}
    loads: list[float] = []
    nodes: dict[str, tuple[int, ...]] = {}
    # The greatest first, each where it fits, as an operator would place slots.
    for name in sorted(SERVICES_MS, key=redis_ms, reverse=True):
        load = rate * redis_ms(name) / 1000
        parts = max(1, math.ceil(load / FULL))
        found = []
        for _ in range(parts):
            fits = (n for n, taken in enumerate(loads) if taken + load / parts <= FULL)
            node = next(fits, len(loads))
            if node == len(loads):
                loads.append(0.0)
            loads[node] += load / parts
            found.append(node)
        nodes[name] = tuple(found)
    return CapacityPlan(rate, replicas, nodes)


def _cores(milliseconds: float) -> int:
    return max(1, math.ceil(milliseconds / 1000 / FULL))


def lasts_until(milliseconds: float, cores: float = 1.0) -> float:
    """Purchases a second at which a part is wholly busy."""
    return cores * 1000 / milliseconds
