"""Streams are cut behind the slowest subscriber, and never below an age."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.trimming import Position, Trimmer, cut
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.toys import IMPATIENT, Mill, Running, Shelf, eventually, subjects

STREAM = "{mill}:events:6"
LONG_AGO = 1_600_000_000_000
"""Events of 2020, which are older than any age that the tests keep."""
IDS = st.tuples(st.integers(0, 10**13), st.integers(0, 99))


async def old_events(mill: Mill, sack: str, count: int) -> None:
    """Events as they were published long ago."""
    await mill.grind(sack)
    ((_, fields),) = cast(Any, await mill.redis.xrange(STREAM))
    await mill.redis.delete(STREAM)
    template = fields["event"]
    async with mill.redis.pipeline() as pipe:
        for n in range(count):
            text = template.replace('"sequence":"' + "1".zfill(16), f'"sequence":"{n + 1:016}')
            text = text.replace('_1"', f'_1_{n}"')
            pipe.xadd(STREAM, {"event": text}, id=f"{LONG_AGO + n}-0")
        await pipe.execute()


def trimmer(mill: Mill, *subscribers: str, days: float = 7.0) -> Trimmer:
    return Trimmer("mill", mill.redis, subscribers, keep=timedelta(days=days))


async def oldest(mill: Mill) -> int:
    ((id_, _),) = cast(Any, await mill.redis.xrange(STREAM, count=1))
    return int(id_.split("-")[0]) - LONG_AGO


async def test_nothing_goes_before_a_subscriber_has_read_it(
    mill: Mill, shelf: Shelf, run: Run
) -> None:
    (sack,) = subjects(1, stream=6)
    await old_events(mill, sack, 1000)
    assert await trimmer(mill, "shelf").trim() == 0, "it has no group yet"

    stuck, go_on = asyncio.Event(), asyncio.Event()

    async def stick(envelope: Envelope) -> None:
        if envelope.sequence == 555:
            stuck.set()
            await go_on.wait()

    shelf.trouble = stick
    run(shelf)
    await stuck.wait()
    trimmed = await trimmer(mill, "shelf").trim()
    assert 400 < trimmed <= 554
    assert await oldest(mill) <= 554

    go_on.set()
    await eventually(lambda: shelf.has(effects=1000))

    async def settled() -> bool:
        return await shelf.pending() == 0

    await eventually(settled)
    assert await trimmer(mill, "shelf", "another").trim() == 0, "another has no group"
    assert await trimmer(mill, "shelf").trim() > 0
    assert await mill.redis.xlen(STREAM) < 200
    assert await shelf.kept(sack) == list(range(1, 1001))


async def test_nothing_goes_before_its_time(mill: Mill, shelf: Shelf, run: Run) -> None:
    (sack,) = subjects(1, stream=6)
    run(shelf)
    await mill.grind(*[sack] * 500)
    await eventually(lambda: shelf.has(effects=500))

    async def settled() -> bool:
        return await shelf.pending() == 0

    await eventually(settled)
    assert await trimmer(mill, "shelf").trim() == 0
    assert await trimmer(mill, "shelf", days=0).trim() >= 400


async def test_without_subscribers_the_age_decides(mill: Mill) -> None:
    (sack,) = subjects(1, stream=6)
    await old_events(mill, sack, 500)
    await mill.grind(*[sack] * 150)
    assert await trimmer(mill).trim() >= 400
    assert await mill.redis.xlen(STREAM) >= 150


async def test_a_group_that_is_not_in_the_table_holds_nothing_up(mill: Mill) -> None:
    (sack,) = subjects(1, stream=6)
    await old_events(mill, sack, 500)
    await mill.redis.xgroup_create(STREAM, "retired", "0")
    assert await trimmer(mill).trim() >= 400


async def test_trimming_while_everybody_reads_and_writes_loses_nothing(
    mill: Mill, shelf: Shelf
) -> None:
    sacks = subjects(20)
    running = Running(shelf.consumer(replace(IMPATIENT, batch=10)))
    publishing = asyncio.create_task(_publish(mill, sacks, times=100))
    while not await shelf.has(effects=2000):
        await trimmer(mill, "shelf", days=0).trim()
    await publishing
    await running.kill()
    for sack in sacks:
        assert await shelf.kept(sack) == list(range(1, 101))


async def _publish(mill: Mill, sacks: list[str], *, times: int) -> None:
    for _ in range(times):
        await mill.grind(*sacks)


@given(st.lists(st.tuples(IDS, st.none() | IDS), max_size=4), st.integers(0, 10**13))
def test_a_cut_spares_everything_that_somebody_needs(
    groups: list[tuple[tuple[int, int], tuple[int, int] | None]], oldest_kept: int
) -> None:
    positions = [Position(delivered, pending) for delivered, pending in groups]
    first = cut(positions, oldest_kept)
    assert first is not None
    assert first <= (oldest_kept, 0)
    assert all(first <= (p.first_pending or p.delivered) for p in positions)
    assert first in {(oldest_kept, 0), *(position.needed for position in positions)}
    assert cut([*positions, None], oldest_kept) is None


@pytest.mark.parametrize("pending", [None, (5, 1)])
def test_what_is_pending_comes_before_what_was_delivered(pending: tuple[int, int] | None) -> None:
    assert Position((9, 0), pending).needed == (pending or (9, 0))
