"""While a Redis is full, events and loops wait; nothing is given up."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from deployments.foundation.events.loop import Loop
from tests.eventually import eventually
from tests.unit.consuming.conftest import Run
from tests.unit.consuming.sample_services import SamplePublisher, SampleSubscriber
from tests.valkey import full


async def test_an_event_waits_for_room_however_long_and_is_never_given_up(
    admin: Redis,
    publisher: SamplePublisher,
    subscriber: SampleSubscriber,
    run: Run,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run(subscriber)
    await publisher.publish("first")
    await eventually(lambda: subscriber.has(effects=1))
    await publisher.publish("second")
    async with full(admin):

        async def tried_often() -> bool:
            return caplog.text.count("begins again") > 5

        await eventually(tried_often)
    await eventually(lambda: subscriber.has(effects=2))
    assert await admin.xlen("{subscriber}:dead-letters") == 0


async def test_a_loop_waits_for_room_without_a_traceback(
    admin: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = 0

    async def tick() -> bool:
        nonlocal ticks
        ticks += 1
        await admin.set("{carts}:test", "more")
        return False

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    async with full(admin):
        loop = asyncio.create_task(Loop("test", tick, every=1, sleep=at_once).run())

        async def often() -> bool:
            return ticks > 3

        await eventually(often)
    await eventually(lambda: _exists(admin))
    loop.cancel()
    await asyncio.wait([loop])
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert not any(record.exc_info for record in caplog.records)


async def _exists(admin: Redis) -> bool:
    return bool(await admin.exists("{carts}:test"))
