"""Every event takes effect once and in its subject's order, whatever happens to the readers."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from itertools import accumulate

import pytest

from deployments.foundation.events.publishing import streams_of
from deployments.foundation.redis.layouts import WrongLayoutError, note_layout
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.sample_services import SamplePublisher, SampleSubscriber, subjects


async def test_events_reach_their_handler_in_order(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    items = subjects(40)
    await publisher.publish(*items)
    run(subscriber)
    await publisher.publish(*items, *items)
    await eventually(lambda: subscriber.has(effects=120))
    assert [await subscriber.handled(item) for item in items] == [[1, 2, 3]] * 40

    async def acknowledged() -> bool:
        return await subscriber.pending() == 0

    await eventually(acknowledged)
    assert await subscriber.figure("calls") == 120


async def test_ten_thousand_events_survive_readers_that_are_killed_all_the_time(
    publisher: SamplePublisher, subscriber: SampleSubscriber, run: Run
) -> None:
    chance, kills = random.Random(4), 0
    items = subjects(500)
    readers = [run(subscriber) for _ in range(3)]

    async def publish() -> None:
        for _ in range(20):
            await publisher.publish(*items)

    publishing = asyncio.create_task(publish())
    for effects in accumulate(iter(lambda: chance.randint(100, 700), None)):
        await eventually(partial(subscriber.has, min(effects, 10_000)))
        if effects >= 10_000:
            break
        unlucky = chance.randrange(len(readers))
        await readers[unlucky].kill_and_lapse(subscriber.redis)
        readers[unlucky] = run(subscriber)
        kills += 1
    await publishing
    assert kills > 20
    assert await subscriber.figure("effects") == 10_000
    for item in items:
        assert await subscriber.handled(item) == list(range(1, 21))
    assert await subscriber.figure("calls") >= 10_000


async def test_streams_are_not_looked_for_where_they_are_not(
    publisher: SamplePublisher, subscriber: SampleSubscriber
) -> None:
    await note_layout(publisher.redis, "publisher", "partitioned")
    with pytest.raises(ExceptionGroup) as ended:
        await subscriber.consumer().run()
    (wrong,) = ended.value.exceptions
    assert isinstance(wrong, WrongLayoutError)
    assert not await publisher.redis.exists(*streams_of("publisher")), "none was made"
