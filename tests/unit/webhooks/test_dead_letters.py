"""What an endpoint did not take in a day waits for an operator, who replays or drops it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.responses import Response

from deployments.webhooks.domain import (
    webhook_id,
)
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import DAY, ComposedWebhooks
from tests.unit.webhooks.receiver import Received, Receiver, ok
from tests.unit.webhooks.test_deliveries import took
from tests.unit.webhooks.trouble import failed, queued, status


async def test_after_a_day_it_is_a_dead_letter_and_the_next_goes_on(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(500)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
        webhooks.skip(timedelta(hours=23))
        await failed(webhooks, hooks, 2)
        await webhooks.refund()
        await webhooks.queued()
        (endpoint,) = await webhooks.endpoints()
        assert (endpoint.state, endpoint.waiting, endpoint.dead) == ("failing", 2, 0)
        assert endpoint.last_error == "answered 500"
        hooks.answer = ok
        webhooks.skip(timedelta(hours=2))
        await took(hooks, 1)
    (dead,) = await webhooks.dead()
    assert webhook_id(dead.fields["event"]) == hooks.received[0].id
    assert hooks.taken[0].id != hooks.received[0].id
    assert (dead.error, dead.attempts) == ("out of time; the last attempt: answered 500", 2)
    (endpoint,) = await webhooks.endpoints()
    assert (endpoint.state, endpoint.waiting, endpoint.dead) == ("active", 0, 1)


async def test_an_order_that_alone_fails_dies_and_the_others_go_on(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    def picky(received: Received) -> Response:
        return Response(status_code=400 if received.order["id"] == "order_s1" else 204)

    hooks.answer = picky
    await queued(webhooks, hooks, "s1", "s2", "s3")
    async with webhooks.dispatching():
        await took(hooks, 2)
        await failed(webhooks, hooks, 3)
        for _ in range(25):
            webhooks.skip(timedelta(hours=1))
            await asyncio.sleep(0.02)

        async def is_dead() -> bool:
            return bool(await webhooks.dead())

        await eventually(is_dead)
    assert await webhooks.waiting() == 0


async def test_a_dead_letter_is_replayed_before_what_is_newer(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(500)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
        webhooks.skip(DAY)
        await webhooks.refund()
        await webhooks.queued()
        await failed(webhooks, hooks, 2)
        (letter,) = await webhooks.dead()
        hooks.answer = ok
        await webhooks.replay(letter)
        webhooks.skip(timedelta(hours=1))
        await took(hooks, 2)
    assert [one.id for one in hooks.taken] == [hooks.received[0].id, hooks.received[1].id]
    assert await webhooks.dead() == []


async def test_what_waits_for_its_next_attempt_can_be_made_at_once(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(500)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
        hooks.answer = ok
        assert await webhooks.store.retry("1", webhooks.clock()) == "retried"
        await took(hooks, 1)
    assert await webhooks.store.retry("1", webhooks.clock()) == "absent"


async def test_dropping_removes_for_good(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    hooks.answer = status(500)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
        await webhooks.refund()
        await webhooks.queued()
        assert await webhooks.store.drop("1", webhooks.clock()) == "dropped"
        assert await webhooks.store.drop("1", webhooks.clock()) == "absent"
        hooks.answer = ok
        webhooks.skip(timedelta(minutes=1))
        await took(hooks, 1)
    assert hooks.taken[0].id != hooks.received[0].id
    assert await webhooks.waiting() == 0
