"""Processes that fail, stall and die at a delivery: another makes it, and its order is kept."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

import pytest
from starlette.responses import Response

from deployments.webhooks.client import WebhookClient
from deployments.webhooks.domain import (
    DeliveryAttempt,
    DeliveryOutcome,
    WebhookDelivery,
)
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import Received, Receiver, ok, receiver
from tests.unit.webhooks.test_deliveries import took
from tests.unit.webhooks.trouble import hang, queued, until


class BrokenClient(WebhookClient):
    """A webhook_client with a bug."""

    async def attempt(self, delivery: WebhookDelivery) -> DeliveryAttempt:
        raise ZeroDivisionError


async def test_a_bug_becomes_a_dead_letter_and_not_a_loop(
    redis_of: ClientOf, hooks: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks = ComposedWebhooks(redis_of, webhook_client=BrokenClient)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():

        async def noticed() -> bool:
            return (await webhooks.endpoints())[0].state == "failing"

        await eventually(noticed)
    assert (await webhooks.endpoints())[0].last_error == "the store failed: ZeroDivisionError"
    assert "could not be sent" in caplog.text


async def test_what_a_dead_process_was_at_is_made_again_by_another(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of, claim_seconds=0.3)
    async with receiver() as hooks:
        hooks.answer = hang
        await queued(webhooks, hooks)
        async with webhooks.dispatching(crash=True):
            await until(lambda: len(hooks.received) == 1)
        hooks.answer = ok
        async with webhooks.dispatching():
            await took(hooks, 1)
    assert [one.id for one in hooks.received] == [hooks.taken[0].id] * 2


async def test_a_process_that_was_held_up_sends_and_writes_nothing(
    redis_of: ClientOf, hooks: Receiver
) -> None:
    webhooks = ComposedWebhooks(redis_of, claim_seconds=0.01)
    await queued(webhooks, hooks)
    (old,) = (await webhooks.store.claim(10, webhooks.clock())).claims

    async def lapsed() -> bool:
        return not webhooks.store.holds(old)

    await eventually(lapsed)

    async def claimed_again() -> bool:
        return bool((await webhooks.store.claim(10, webhooks.clock())).claims)

    await eventually(claimed_again)
    outcome = DeliveryOutcome("sent", webhooks.clock())
    assert not await webhooks.store.finish(old, outcome, "", webhooks.clock())
    assert await webhooks.waiting() == 1


class DyingClient(WebhookClient):
    """A webhook_client whose process dies now and then, before it sends or before it writes
    that down."""

    chance = random.Random()

    async def attempt(self, delivery: WebhookDelivery) -> DeliveryAttempt:
        if self.chance.random() < 0.15:
            raise asyncio.CancelledError
        attempt = await super().attempt(delivery)
        if self.chance.random() < 0.15:
            raise asyncio.CancelledError
        return attempt


async def test_what_was_claimed_too_long_ago_is_not_sent(
    redis_of: ClientOf, hooks: Receiver
) -> None:
    webhooks = ComposedWebhooks(redis_of, claim_seconds=0.0)
    await queued(webhooks, hooks)
    dispatcher = webhooks.dispatcher()
    await dispatcher.tick()
    await dispatcher.stop()
    assert (hooks.received, await webhooks.waiting()) == ([], 1)


async def test_while_one_of_an_orders_events_is_under_way_no_other_is(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await queued(webhooks, hooks)
    (first,) = (await webhooks.store.claim(10, webhooks.clock())).claims
    await webhooks.refund()
    await webhooks.refund(number=2)
    await webhooks.queued()
    assert (await webhooks.store.claim(10, webhooks.clock())).claims == []
    assert await webhooks.store.retry("2", webhooks.clock()) == "under_way"
    await webhooks.store.finish(
        first, DeliveryOutcome("sent", webhooks.clock()), "", webhooks.clock()
    )
    (second,) = (await webhooks.store.claim(10, webhooks.clock())).claims
    assert (second.delivery.id, second.token > first.token) == ("2", True)


async def test_news_of_an_order_shortens_no_pause(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    await queued(webhooks, hooks)
    (first,) = (await webhooks.store.claim(10, webhooks.clock())).claims
    later = DeliveryOutcome("retry", webhooks.clock() + timedelta(hours=1))
    await webhooks.store.finish(first, later, "answered 500", webhooks.clock())
    await webhooks.refund()
    await webhooks.queued()
    work = await webhooks.store.claim(10, webhooks.clock())
    assert work.claims == []
    assert abs(cast(datetime, work.next_at) - later.due) < timedelta(milliseconds=1)
    webhooks.skip(timedelta(hours=1))
    (again,) = (await webhooks.store.claim(10, webhooks.clock())).claims
    assert (again.delivery.id, again.delivery.attempts) == ("1", 1)


@pytest.mark.parametrize("seed", range(3))
async def test_order_is_kept_whatever_fails_and_dies(redis_of: ClientOf, seed: int) -> None:
    """Two processes at once that die again and again, and an endpoint that fails at random."""
    chance = DyingClient.chance = random.Random(seed)
    webhooks = ComposedWebhooks(redis_of, claim_seconds=0.2, webhook_client=DyingClient)
    orders, changes = [f"s{n}" for n in range(6)], 5
    async with receiver() as hooks:

        def answer(_received: Received) -> Response:
            return Response(status_code=chance.choice([200, 200, 500, 503]))

        hooks.answer = answer
        await webhooks.register(hooks.url)
        async with webhooks.running(), webhooks.dispatching():
            await asyncio.gather(*(_tell(webhooks, name, changes) for name in orders))

            async def all_written_down() -> bool:
                webhooks.skip(timedelta(minutes=1))
                complete = [
                    one.order["id"]
                    for one in hooks.taken
                    if len(one.order["adjustments"]) == changes - 1
                ]
                return len(set(complete)) == len(orders) and await webhooks.waiting() == 0

            await eventually(all_written_down)
    assert await webhooks.dead() == []
    assert not hooks.overlapped
    for name in orders:
        ids = hooks.ids(f"order_{name}")
        # What was not written down is sent again, but never after something newer.
        assert list(dict.fromkeys(ids)) == [id_ for id_, _ in groupby(ids)]
        assert len(set(ids)) <= changes
        about = [one for one in hooks.taken if one.order["id"] == f"order_{name}"]
        refunds = [len(one.order["adjustments"]) for one in about]
        assert refunds == sorted(refunds)


async def _tell(webhooks: ComposedWebhooks, name: str, changes: int) -> None:
    await webhooks.place(name)
    for number in range(1, changes):
        await webhooks.refund(name, number)
