"""The simulation agrees with what is known of queues and was measured; the page is what it says."""

from __future__ import annotations

import random

import pytest
import simpy

from tests.capacity.costs import (
    CORES_MEASURED,
    HAPROXY_MS,
    RATE_MEASURED,
    REDIS_MS,
    SERVICES_MS,
    WHOLE_MS,
    BytesKept,
    redis_ms,
)
from tests.capacity.page import PAGE, block, with_tables
from tests.capacity.plan import FULL, CapacityPlan, lasts_until, plan_for
from tests.capacity.simulation import Queue, Steps, simulate
from tests.capacity.tables import LOADS, needs, parts, simulated

MEAN = 10.0


@pytest.mark.parametrize("busy", [0.3, 0.6, 0.8])
def test_a_queue_keeps_people_as_long_as_theory_says(busy: float) -> None:
    """A server with random arrivals and times: the mean time there is mean / (1 - busy)."""
    world, chance, spent = simpy.Environment(), random.Random(7), list[float]()
    queue = Queue(world, chance, MEAN)

    def visit() -> Steps:
        began = world.now
        yield from queue.serve()
        spent.append(world.now - began)

    def arrive() -> Steps:
        for _ in range(60_000):
            yield world.timeout(chance.expovariate(busy / MEAN))
            world.process(visit())

    world.process(arrive())
    world.run()
    assert sum(spent) / len(spent) == pytest.approx(MEAN / (1 - busy), rel=0.08)
    assert queue.worked / world.now == pytest.approx(busy, rel=0.03)


def test_the_costs_explain_what_was_measured() -> None:
    """What two cores can do at most is about what they did."""
    assert lasts_until(WHOLE_MS["apart"], CORES_MEASURED) == pytest.approx(RATE_MEASURED, rel=0.2)
    # The parts are most of the whole; the rest are Serve, Ray and the proxies' own.
    known = sum(SERVICES_MS.values()) + REDIS_MS + HAPROXY_MS
    assert 0.7 < known / WHOLE_MS["apart"] < 0.8
    assert sum(map(redis_ms, SERVICES_MS)) == pytest.approx(REDIS_MS)
    assert (
        BytesKept().for_good + BytesKept().day + BytesKept().week + BytesKept().month
        == pytest.approx(56.8e3, rel=0.01)
    )


def test_a_plan_leaves_every_part_its_room() -> None:
    for rate in (1, 57, 100, 320, 10_000):
        plan = plan_for(rate)
        loads = [0.0] * plan.redis_nodes
        for name, nodes in plan.nodes.items():
            assert rate * SERVICES_MS[name] / 1000 / plan.replicas[name] <= FULL
            for node in nodes:
                loads[node] += rate * redis_ms(name) / 1000 / len(nodes)
        assert max(loads) <= FULL + 1e-9


def test_a_store_that_is_too_small_is_seen() -> None:
    """One replica of checkout at 30 a second is full, and buyers wait longer and longer."""
    enough = plan_for(30)
    small = CapacityPlan(30, {**enough.replicas, "checkout": 1}, enough.nodes)
    seen, crowded = (simulate(plan, seconds=20) for plan in (enough, small))
    assert crowded.busy["checkout"] == pytest.approx(1, abs=0.02)
    assert crowded.percentile("complete", 0.5) > 10 * seen.percentile("complete", 0.5)


def test_the_pages_tables_are_those_of_the_costs() -> None:
    page = PAGE.read_text()
    assert block("parts", page) == parts()
    assert block("needs", page) == needs()
    # Those of ten thousand take a while, see below.
    rows = block("simulated", page).splitlines()
    assert rows[2:4] == simulated(LOADS[:2])


@pytest.mark.long
def test_the_whole_page_is_fresh() -> None:
    assert PAGE.read_text() == with_tables(PAGE.read_text())
