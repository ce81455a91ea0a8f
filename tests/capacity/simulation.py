"""Purchases that come at random, and queue for replicas and Redis nodes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from tests.capacity.costs import SERVICES_MS, redis_ms
from tests.capacity.journey import AFTERWARDS, REQUESTS, Stage, visits
from tests.capacity.plan import CapacityPlan

Steps = Generator[simpy.Event, Any, None]


@dataclass
class Observed:
    """What was seen: milliseconds by request, and the busy part of each kind of station."""

    waited: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    busy: dict[str, float] = field(default_factory=dict)

    def percentile(self, request: str, part: float) -> float:
        """Milliseconds within which this part of the requests was answered."""
        times = sorted(self.waited[request])
        return times[min(len(times) - 1, int(part * len(times)))]


class Queue:
    """One server that takes a random time, `mean` milliseconds on average, for each in turn."""

    def __init__(self, world: simpy.Environment, chance: random.Random, mean: float) -> None:
        self._world, self._chance, self._mean = world, chance, mean
        self._server = simpy.Resource(world)
        self.worked = 0.0

    def serve(self, times: float = 1.0) -> Steps:
        """Wait for one's turn, and for so many times the mean."""
        with self._server.request() as turn:
            yield turn
            if self._mean:
                took = self._chance.expovariate(1 / (self._mean * times))
                self.worked += took
                yield self._world.timeout(took)


class SimulatedStore:
    """A store with so many replicas and nodes, for a while. Time is in milliseconds."""

    def __init__(self, plan: CapacityPlan, seed: int) -> None:
        self._world, self._chance = simpy.Environment(), random.Random(seed)
        self._plan, self._visits = plan, visits()
        self._replicas = {
            name: [self._queue(ms / self._visits[name]) for _ in range(plan.replicas[name])]
            for name, ms in SERVICES_MS.items()
        }
        count = 1 + max(node for each in plan.nodes.values() for node in each)
        self._redis = [self._queue(1.0) for _ in range(count)]
        self._outcome, self._from, self._until = Observed(), 0.0, 0.0

    def _queue(self, mean: float) -> Queue:
        return Queue(self._world, self._chance, mean)

    def run(self, seconds: float, warming: float) -> Observed:
        """Let buyers come for so long; what is seen counts after it has warmed up."""
        self._from, self._until = warming * 1000, (warming + seconds) * 1000
        self._world.process(self._arrivals())
        self._world.run(until=self._from)
        before = self._worked()
        self._world.run(until=self._until)
        for name, worked in self._worked().items():
            queues = self._redis if name == "redis" else self._replicas[name]
            share = (worked - before[name]) / (seconds * 1000 * len(queues))
            self._outcome.busy[name] = share
        # What has begun is answered, or only what is quick would count.
        self._world.run()
        return self._outcome

    def _worked(self) -> dict[str, float]:
        each = {name: sum(q.worked for q in queues) for name, queues in self._replicas.items()}
        return {**each, "redis": sum(queue.worked for queue in self._redis)}

    def _arrivals(self) -> Steps:
        while self._world.now < self._until:
            yield self._world.timeout(self._chance.expovariate(self._plan.rate / 1000))
            self._world.process(self._purchase())

    def _purchase(self) -> Steps:
        for request, stages in REQUESTS.items():
            began = self._world.now
            yield from self._stages(stages)
            if self._from <= began < self._until:
                self._outcome.waited[request].append(self._world.now - began)
        yield from self._stages(AFTERWARDS)

    def _stages(self, stages: Sequence[Stage]) -> Steps:
        for stage in stages:
            yield self._world.all_of([self._world.process(self._visit(name)) for name in stage])

    def _visit(self, service: str) -> Steps:
        yield from self._chance.choice(self._replicas[service]).serve()
        node = self._chance.choice(self._plan.nodes[service])
        if trips := redis_ms(service) / self._visits[service]:
            yield from self._redis[node].serve(trips)


def simulate(
    plan: CapacityPlan, *, seconds: float, warming: float = 2.0, seed: int = 1
) -> Observed:
    """What buyers see of a store of this plan, and how busy its parts are."""
    return SimulatedStore(plan, seed).run(seconds, warming)
