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
from deployments.notifications.service import BeingSentError
from deployments.notifications.store import SERVICE
from tests.composing import handler_of
from tests.conftest import SECRET
from tests.eventually import eventually
from tests.published_events import entries_of
from tests.unit.notifications.composed_notifications import ComposedNotifications
from tests.unit.notifications.killed_consumer import POINTS
from tests.unit.notifications.sample_events import delivered, placed, shipped
from tests.unit.notifications.smtp_server import SmtpServer

pytestmark = pytest.mark.long

StartConsumer = Callable[[str], Awaitable[Process]]
COPIES = dict(zip(POINTS, (1, 1, 2, 1), strict=True))
"""How often the mail arrives. Between the server's answer and its note there is no help."""


@pytest.fixture
async def start_consumer(valkey_socket: Path, smtp: SmtpServer) -> StartConsumer:
    async def start(point: str) -> Process:
        arguments = (str(valkey_socket), password(SERVICE, SECRET), smtp.url, point)
        module = "tests.unit.notifications.killed_consumer"
        return await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments)

    return start


async def the_event(notifications: ComposedNotifications) -> Envelope:
    """The only event of the only order."""
    (fields,) = await entries_of(notifications.redis_of("orders"), stream_of("orders", "order_1"))
    return parse(fields)


async def hand_over(notifications: ComposedNotifications, event: Envelope) -> None:
    """Give the event to its handler, as another process would."""
    handler = handler_of(notifications.composed(), event)
    assert handler is not None
    await handler(event)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("events", [[placed()], [placed(), shipped()], [placed(), delivered()]])
async def test_a_consumer_is_killed(
    notifications: ComposedNotifications,
    smtp: SmtpServer,
    start_consumer: StartConsumer,
    point: str,
    events: list[Event],
) -> None:
    *before, event = events
    async with notifications.consuming():
        for earlier in before:
            await notifications.publish(earlier)
        await notifications.settled()
    smtp.taken.clear()
    await notifications.let_time_pass()
    await notifications.publish(event)
    killed = await start_consumer(point)
    assert await killed.wait() == -signal.SIGKILL
    await notifications.let_time_pass()
    async with notifications.consuming():
        await notifications.settled()
    assert len(smtp.taken) == COPIES[point]
    assert len(set(smtp.taken)) == 1
    assert await notifications.dead_letters.count() == 0


async def test_a_consumer_is_killed_before_the_server_has_answered(
    notifications: ComposedNotifications, smtp: SmtpServer, start_consumer: StartConsumer
) -> None:
    smtp.answering.clear()
    await notifications.publish(placed())
    killed = await start_consumer("nowhere")
    await eventually(lambda: smtp.has(1))
    killed.kill()
    await killed.wait()
    await notifications.let_time_pass()
    smtp.answering.set()
    async with notifications.consuming():
        await notifications.settled()
    assert len(smtp.taken) == 2
    assert len(set(smtp.taken)) == 1


async def test_a_handler_that_is_cancelled_while_it_sends_leaves_one_mail(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    smtp.answering.clear()
    event = await notifications.publish(placed())
    async with notifications.consuming():
        await eventually(lambda: smtp.has(1))
    smtp.answering.set()

    async def noted() -> bool:
        return (await notifications.store.record(event))["state"] == "sent"

    await eventually(noted, seconds=10)
    async with notifications.consuming():
        await notifications.settled()
    assert len(smtp.taken) == 1
    assert await notifications.dead_letters.count() == 0


async def test_two_at_once_send_one_mail(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    smtp.answering.clear()
    await notifications.publish(placed())
    event = await the_event(notifications)
    tasks = [asyncio.create_task(hand_over(notifications, event)) for _ in range(2)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    assert [type(task.exception()) for task in tasks if task.done()] == [BeingSentError]
    await eventually(lambda: smtp.has(1))
    smtp.answering.set()
    await asyncio.wait(tasks)
    await hand_over(notifications, event)
    assert len(smtp.taken) == 1


async def test_an_event_that_is_delivered_again_changes_nothing(
    notifications: ComposedNotifications, smtp: SmtpServer
) -> None:
    await notifications.publish(placed())
    async with notifications.consuming():
        await notifications.settled()
    await notifications.publish_again()
    async with notifications.consuming():
        await notifications.settled()
    assert len(smtp.taken) == 1
