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
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.sample_services import (
    FAST_OPTIONS,
    RunningConsumer,
    SamplePublisher,
    SampleSubscriber,
    subjects,
)

STREAM = "{publisher}:events:6"
LONG_AGO = 1_600_000_000_000
"""Events of 2020, which are older than any age that the tests keep."""
IDS = st.tuples(st.integers(0, 10**13), st.integers(0, 99))


async def old_events(publisher: SamplePublisher, item: str, count: int) -> None:
    """Events as they were published long ago."""
    await publisher.publish(item)
    ((_, fields),) = cast(Any, await publisher.redis.xrange(STREAM))
    await publisher.redis.delete(STREAM)
    template = fields["event"]
    async with publisher.redis.pipeline() as pipe:
        for n in range(count):
            text = template.replace('"sequence":"' + "1".zfill(16), f'"sequence":"{n + 1:016}')
            text = text.replace('_1"', f'_1_{n}"')
            pipe.xadd(STREAM, {"event": text}, id=f"{LONG_AGO + n}-0")
        await pipe.execute()


def trimmer(publisher: SamplePublisher, *subscribers: str, days: float = 7.0) -> Trimmer:
    return Trimmer("publisher", publisher.redis, subscribers, keep=timedelta(days=days))


async def oldest(publisher: SamplePublisher) -> int:
    ((id_, _),) = cast(Any, await publisher.redis.xrange(STREAM, count=1))
    return int(id_.split("-")[0]) - LONG_AGO


async def test_nothing_goes_before_a_subscriber_has_read_it(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    (item,) = subjects(1, stream=6)
    await old_events(publisher, item, 1000)
    assert await trimmer(publisher, "subscriber").trim() == 0, "it has no group yet"

    stuck, go_on = asyncio.Event(), asyncio.Event()

    async def stick(envelope: Envelope) -> None:
        if envelope.sequence == 555:
            stuck.set()
            await go_on.wait()

    subscriber.fault = stick
    run(subscriber)
    await stuck.wait()
    trimmed = await trimmer(publisher, "subscriber").trim()
    assert 400 < trimmed <= 554
    assert await oldest(publisher) <= 554

    go_on.set()
    await eventually(lambda: subscriber.has(effects=1000))

    async def settled() -> bool:
        return await subscriber.pending() == 0

    await eventually(settled)
    assert await trimmer(publisher, "subscriber", "another").trim() == 0, "another has no group"
    assert await trimmer(publisher, "subscriber").trim() > 0
    assert await publisher.redis.xlen(STREAM) < 200
    assert await subscriber.handled(item) == list(range(1, 1001))


async def test_nothing_goes_before_its_time(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    (item,) = subjects(1, stream=6)
    run(subscriber)
    await publisher.publish(*[item] * 500)
    await eventually(lambda: subscriber.has(effects=500))

    async def settled() -> bool:
        return await subscriber.pending() == 0

    await eventually(settled)
    assert await trimmer(publisher, "subscriber").trim() == 0
    assert await trimmer(publisher, "subscriber", days=0).trim() >= 400


async def test_without_subscribers_the_age_decides(publisher: SamplePublisher) -> None:
    (item,) = subjects(1, stream=6)
    await old_events(publisher, item, 500)
    await publisher.publish(*[item] * 150)
    assert await trimmer(publisher).trim() >= 400
    assert await publisher.redis.xlen(STREAM) >= 150


async def test_a_group_that_is_not_in_the_table_holds_nothing_up(
    publisher: SamplePublisher,
) -> None:
    (item,) = subjects(1, stream=6)
    await old_events(publisher, item, 500)
    await publisher.redis.xgroup_create(STREAM, "retired", "0")
    assert await trimmer(publisher).trim() >= 400


async def test_trimming_while_everybody_reads_and_writes_loses_nothing(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    items = subjects(20)
    running = RunningConsumer(subscriber.consumer(replace(FAST_OPTIONS, batch=10)))
    publishing = asyncio.create_task(_publish(publisher, items, times=100))
    while not await subscriber.has(effects=2000):
        await trimmer(publisher, "subscriber", days=0).trim()
    await publishing
    await running.kill()
    for item in items:
        assert await subscriber.handled(item) == list(range(1, 101))


async def _publish(publisher: SamplePublisher, items: list[str], *, times: int) -> None:
    for _ in range(times):
        await publisher.publish(*items)


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
