"""One event, one mail, wherever its consumer dies; and exactly what happens where that cannot
be."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deployments.foundation.events.publishing import Envelope, Event, parse, stream_of
from deployments.foundation.redis.connection import password
from deployments.notifications.consumers import NotificationsConsumers
from deployments.notifications.service import UnderWayError
from deployments.notifications.store import SERVICE
from tests.conftest import SECRET
from tests.published_events import entries_of
from tests.unit.consuming.toys import eventually
from tests.unit.notifications.post_office import PostOffice
from tests.unit.notifications.sample_events import delivered, placed, shipped
from tests.unit.notifications.victim import POINTS
from tests.unit.notifications.world import World

Victim = Callable[[str], Awaitable[Process]]
COPIES = dict(zip(POINTS, (1, 1, 2, 1), strict=True))
"""How often the mail arrives. Between the server's answer and its note there is no help."""


@pytest.fixture
async def victim(valkey_socket: Path, office: PostOffice) -> Victim:
    async def start(point: str) -> Process:
        arguments = (str(valkey_socket), password(SERVICE, SECRET), office.url, point)
        module = "tests.unit.notifications.victim"
        return await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments)

    return start


async def the_event(world: World) -> Envelope:
    """The only event of the only order."""
    (fields,) = await entries_of(world.redis_of("orders"), stream_of("orders", "order_1"))
    return parse(fields)


async def hand_over(world: World, event: Envelope) -> None:
    """Give the event to its handler, as another process would."""
    orders, *_ = NotificationsConsumers(world.service()).subscriptions()
    handler = orders.handler_of(event.type)
    assert handler is not None
    await handler(event)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("events", [[placed()], [placed(), shipped()], [placed(), delivered()]])
async def test_a_consumer_is_killed(
    world: World, office: PostOffice, victim: Victim, point: str, events: list[Event]
) -> None:
    *before, event = events
    async with world.consuming():
        for earlier in before:
            await world.publish(earlier)
        await world.settled()
    office.taken.clear()
    await world.let_time_pass()
    await world.publish(event)
    killed = await victim(point)
    assert await killed.wait() == -signal.SIGKILL
    await world.let_time_pass()
    async with world.consuming():
        await world.settled()
    assert len(office.taken) == COPIES[point]
    assert len(set(office.taken)) == 1
    assert await world.letters.count() == 0


async def test_a_consumer_is_killed_before_the_server_has_answered(
    world: World, office: PostOffice, victim: Victim
) -> None:
    office.answering.clear()
    await world.publish(placed())
    killed = await victim("nowhere")
    await eventually(lambda: office.has(1))
    killed.kill()
    await killed.wait()
    await world.let_time_pass()
    office.answering.set()
    async with world.consuming():
        await world.settled()
    assert len(office.taken) == 2
    assert len(set(office.taken)) == 1


async def test_a_handler_that_is_cancelled_while_it_sends_leaves_one_mail(
    world: World, office: PostOffice
) -> None:
    office.answering.clear()
    event = await world.publish(placed())
    async with world.consuming():
        await eventually(lambda: office.has(1))
    office.answering.set()

    async def noted() -> bool:
        return (await world.store.record(event))["state"] == "sent"

    await eventually(noted, seconds=10)
    async with world.consuming():
        await world.settled()
    assert len(office.taken) == 1
    assert await world.letters.count() == 0


async def test_two_at_once_send_one_mail(world: World, office: PostOffice) -> None:
    office.answering.clear()
    await world.publish(placed())
    event = await the_event(world)
    tasks = [asyncio.create_task(hand_over(world, event)) for _ in range(2)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    assert [type(task.exception()) for task in tasks if task.done()] == [UnderWayError]
    await eventually(lambda: office.has(1))
    office.answering.set()
    await asyncio.wait(tasks)
    await hand_over(world, event)
    assert len(office.taken) == 1


async def test_an_event_that_is_delivered_again_changes_nothing(
    world: World, office: PostOffice
) -> None:
    await world.publish(placed())
    async with world.consuming():
        await world.settled()
    await world.publish_again()
    async with world.consuming():
        await world.settled()
    assert len(office.taken) == 1
