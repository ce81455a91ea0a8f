"""What a dependency said is kept for a moment, for everybody, and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.recent import RecentAnswers

START = datetime(2026, 1, 1, tzinfo=UTC)


class Stock:
    """Knows units of SKUs, and remembers what it was asked about."""

    def __init__(self) -> None:
        self.units = {"A": 3, "B": 0}
        self.asked: list[tuple[str, ...]] = []
        self.is_away = False

    async def count(self, skus: tuple[str, ...]) -> Mapping[str, int]:
        if self.is_away:
            raise DependencyUnavailable("inventory", "it is away")
        self.asked.append(skus)
        return {sku: self.units[sku] for sku in skus if sku in self.units}


class Moment:
    seconds = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def stock() -> Stock:
    return Stock()


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def recent(stock: Stock, moment: Moment) -> RecentAnswers[str, int]:
    return RecentAnswers(stock.count, 1.0, clock=moment)


async def test_an_answer_serves_for_a_moment_and_no_longer(
    stock: Stock, moment: Moment, recent: RecentAnswers[str, int]
) -> None:
    assert await recent.about(["A"]) == {"A": 3}
    stock.units["A"] = 0
    moment.seconds = 0.9
    assert await recent.about(["A"]) == {"A": 3}
    moment.seconds = 1.0
    assert await recent.about(["A"]) == {"A": 0}
    assert stock.asked == [("A",), ("A",)]


async def test_a_clock_that_is_set_back_keeps_nothing(
    stock: Stock, moment: Moment, recent: RecentAnswers[str, int]
) -> None:
    await recent.about(["A"])
    stock.units["A"] = 1
    moment.seconds = -60
    assert await recent.about(["A"]) == {"A": 1}


async def test_only_what_is_not_known_is_asked_about_and_once(
    stock: Stock, recent: RecentAnswers[str, int]
) -> None:
    await recent.about(["A"])
    assert await recent.about(["B", "A", "B"]) == {"A": 3, "B": 0}
    assert stock.asked == [("A",), ("B",)]


async def test_what_has_no_answer_is_asked_about_again(
    stock: Stock, recent: RecentAnswers[str, int]
) -> None:
    assert await recent.about(["new"]) == {}
    stock.units["new"] = 2
    assert await recent.about(["new"]) == {"new": 2}


async def test_what_is_known_needs_no_dependency(
    stock: Stock, recent: RecentAnswers[str, int]
) -> None:
    await recent.about(["A"])
    stock.is_away = True
    assert await recent.about(["A"]) == {"A": 3}
    with pytest.raises(DependencyUnavailable):
        await recent.about(["A", "B"])


async def test_no_more_is_kept_than_it_has_room_for(stock: Stock, moment: Moment) -> None:
    recent = RecentAnswers(stock.count, 1.0, most=1, along=0, clock=moment)
    for sku in ("A", "B", "B"):
        await recent.about([sku])
    assert stock.asked == [("A",), ("B",), ("B",)]
    moment.seconds = 1.0
    for sku in ("B", "B"):
        await recent.about([sku])
    assert stock.asked[3:] == [("B",)]


async def test_nothing_is_kept_for_no_time(stock: Stock, moment: Moment) -> None:
    recent = RecentAnswers(stock.count, 0.0, clock=moment)
    await recent.about(["A"])
    assert await recent.about(["A"]) == {"A": 3}
    assert stock.asked == [("A",), ("A",)]


async def test_what_is_wanted_and_about_to_lapse_is_asked_about_along(
    stock: Stock, moment: Moment, recent: RecentAnswers[str, int]
) -> None:
    stock.units |= {"C": 1, "D": 1}
    await recent.about(["A", "B"])
    moment.seconds = 0.5
    await recent.about(["C"])
    assert stock.asked == [("A", "B"), ("C",)], "half of their lives is left"
    stock.units["B"] = 7
    moment.seconds = 0.9
    assert await recent.about(["D"]) == {"D": 1}
    assert stock.asked[2:] == [("D", "A", "B")]
    assert await recent.about(["B"]) == {"B": 7}
    assert len(stock.asked) == 3


async def test_what_nobody_has_wanted_for_long_is_forgotten(
    stock: Stock, moment: Moment, recent: RecentAnswers[str, int]
) -> None:
    await recent.about(["A"])
    for second in range(1, 8):
        moment.seconds = second
        await recent.about(["B"])
    assert [asked for asked in stock.asked if "A" in asked] == [("A",)] + 4 * [("B", "A")]


async def test_no_more_is_asked_about_along_than_is_allowed(stock: Stock, moment: Moment) -> None:
    recent = RecentAnswers(stock.count, 1.0, along=2, clock=moment)
    stock.units |= dict.fromkeys("CDEF", 1)
    await recent.about("ABCDE")
    moment.seconds = 0.9
    await recent.about("F")
    assert stock.asked[1:] == [("F", "A", "B")]
