"""What each journey costs until it is answered."""

from __future__ import annotations

import pytest

from commands.bench.counts.counted_store import CountedStore
from commands.bench.results import Count
from commands.bench.rows import ROWS
from tests.budgets.budgets import REQUESTS, Budget


def spent(count: Count) -> Budget:
    """What was counted, as a budget would say it."""
    return Budget(
        calls=count.calls_made,
        trips=count.trips,
        keys=count.keys(),
        keys_for_good=count.keys("for good"),
        kilobytes=count.bytes() / 1024,
        kilobytes_for_good=count.bytes("for good") / 1024,
    )


def beyond(count: Count, budget: Budget) -> dict[str, tuple[float, float]]:
    """What is over budget: what was spent, and what might have been."""
    return {
        what: (round(taken, 2), allowed)
        for what, taken, allowed in zip(Budget._fields, spent(count), budget, strict=True)
        if taken > allowed
    }


def told(count: Count) -> str:
    """All of what was counted, a line each."""
    calls = [f"{one.times:g} x {one.caller} > {one.callee}.{one.method}" for one in count.calls]
    trips = [f"{made:g} trips of {service}" for service, made in count.round_trips.items()]
    stored = [f"{one.keys:g} x {one.kind}, {one.bytes:.0f} B {one.stays}" for one in count.stored]
    return "\n".join([count.row, *calls, *trips, *stored])


@pytest.mark.parametrize("row", REQUESTS)
async def test_a_journey_keeps_to_its_budget(answering: CountedStore, row: str) -> None:
    count = await answering.count(row)
    if beyond(count, REQUESTS[row]):
        # What is remembered for seconds lapses in the midst of it where a machine is busy.
        count = await answering.count(row)
    assert not beyond(count, REQUESTS[row]), told(count)


async def test_every_journey_of_the_store_has_a_budget() -> None:
    assert REQUESTS.keys() == {row.name for row in ROWS if row.group != "ceiling"}


async def test_what_is_over_budget_is_noticed(answering: CountedStore) -> None:
    count = await answering.count("cart create")
    half = Budget(*(allowed / 2 for allowed in REQUESTS["cart create"]))
    assert beyond(count, half).keys() >= {"calls", "trips", "keys", "kilobytes"}
