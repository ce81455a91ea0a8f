"""Seconds are told from the load's begin and from its end, and other applications are noticed."""

from __future__ import annotations

import pytest

from commands.exit_status import UNUSABLE
from commands.scaling.observed import Census, ScalingRun, TimedReply
from commands.scaling.picture import picture
from tests.command_line import typed

COUNTS = [(-5.0, 1, 1), (0.0, 1, 1), (8.0, 1, 1), (9.5, 2, 1), (12.0, 3, 1), (60.0, 3, 1)]
AFTER = [(90.0, 2, 1), (125.0, 1, 1), (130.0, 1, 1)]


def observed(counts: list[tuple[float, int, int]]) -> ScalingRun:
    """A load of a minute on the catalogue."""
    censuses = [Census(at=at, replicas={"catalog": a, "carts": b}) for at, a, b in counts]
    replies = [TimedReply(at=n / 10, seconds=n / 1000) for n in range(1, 601)]
    return ScalingRun(
        service="catalog", connections=8, loaded=60, replies=replies, censuses=censuses
    )


def test_replicas_come_and_go() -> None:
    seen = observed(COUNTS + AFTER)
    assert seen.first_more("catalog") == 9.5
    assert seen.last_gone("catalog") == 65.0
    assert seen.most("catalog") == 3
    assert seen.others_that_grew("catalog") == {}
    assert seen.p99(0, 10) == pytest.approx(0.099, abs=0.002)


def test_replicas_that_stay_are_not_gone() -> None:
    assert observed(COUNTS).last_gone("catalog") is None


def test_what_never_came_has_not_gone() -> None:
    seen = observed([(0.0, 1, 1), (90.0, 1, 2)])
    assert (seen.first_more("catalog"), seen.last_gone("catalog")) == (None, None)
    assert seen.others_that_grew("catalog") == {"carts": 2}


def test_what_comes_after_the_load_must_go_too() -> None:
    seen = observed([(0.0, 1, 1), (61.0, 1, 1), (70.0, 2, 1), (130.0, 1, 1)])
    assert (seen.first_more("catalog"), seen.last_gone("catalog")) == (70.0, 70.0)


def test_the_picture_is_a_drawing_with_three_curves() -> None:
    drawn = picture(observed(COUNTS + AFTER), "catalog")
    assert drawn.count('stroke-width="1.8"') == 3
    assert "8 connections on catalog for 60 s" in drawn


async def test_a_service_without_a_load_is_refused() -> None:
    ended = await typed("scale", "pricing")
    assert ended.status == UNUSABLE
    assert "There is no load for pricing: catalog, checkout." in ended.err
