"""Endpoints that fail, hang, move or end, and processes that die: who waits, and for how long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

import pytest
from starlette.responses import RedirectResponse, Response

from deployments.webhooks.client import WebhookClient
from deployments.webhooks.domain import (
    DeliveryAttempt,
    DeliveryOutcome,
    WebhookDelivery,
    webhook_id,
)
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import DAY, ComposedWebhooks
from tests.unit.webhooks.receiver import Received, Receiver, Responder, ok, receiver
from tests.unit.webhooks.test_deliveries import took
from tests.unit.webhooks.test_signatures import published, verify_by_hand


def status(code: int, **headers: str) -> Responder:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _received: Response(status_code=code, headers=named)


def hang(_received: Received) -> None:
    return None


def until(true: Callable[[], bool]) -> Awaitable[None]:
    async def ask() -> bool:
        return true()

    return eventually(ask)


async def failed(webhooks: ComposedWebhooks, hooks: Receiver, count: int = 1) -> None:
    """Until so many requests were made, and written down as failed."""
    await until(lambda: len(hooks.received) >= count)

    async def none_under_way() -> bool:
        return not any(":claims:" in key for key in await webhooks.left())

    await eventually(none_under_way)


async def queued(webhooks: ComposedWebhooks, hooks: Receiver, *orders: str) -> None:
    await webhooks.register(hooks.url)
    for name in orders or ("s1",):
        await webhooks.place(name)
    await webhooks.queued()


async def test_each_attempt_sends_the_same_and_is_signed_anew(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(500)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
        await webhooks.refund()
        await webhooks.queued()
        hooks.answer = ok
        webhooks.skip(timedelta(seconds=5))
        await took(hooks, 2)
    first, again, paid = hooks.received
    assert (first.body, first.id) == (again.body, again.id)
    assert first.headers["signature"] != again.headers["signature"]
    assert paid.id != first.id
    for received in hooks.received:
        verify_by_hand(received, published(webhooks))


async def test_pauses_grow_and_an_endpoint_that_asks_for_more_gets_it(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(503, retry_after="1200")
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
        webhooks.skip(timedelta(seconds=1100))
        await asyncio.sleep(0.1)  # There is no sign of something that does not happen.
        assert len(hooks.received) == 1
        hooks.answer = ok
        webhooks.skip(timedelta(seconds=110))
        await took(hooks, 1)


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


async def test_a_hanging_endpoint_holds_up_nobody_else(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of, attempt_seconds=3600.0)
    async with receiver() as hanging, receiver() as quick:
        hanging.answer = hang
        await webhooks.register(hanging.url)
        await webhooks.register(quick.url)
        names = [f"s{n}" for n in range(40)]
        for name in names:
            await webhooks.place(name)
        await webhooks.queued()
        async with webhooks.dispatching(crash=True):
            await took(quick, 40)
            await until(lambda: len(hanging.received) == 8)

            async def all_written_down() -> bool:
                return await webhooks.waiting() == 40

            await eventually(all_written_down)
        assert hanging.most_at_once == 8


async def test_no_answer_in_time_is_a_failure(redis_of: ClientOf, hooks: Receiver) -> None:
    webhooks = ComposedWebhooks(redis_of, attempt_seconds=0.2)
    hooks.answer = hang
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await failed(webhooks, hooks)
    (endpoint,) = await webhooks.endpoints()
    assert endpoint.last_error == "no answer in 0.2 s"


async def test_an_endpoint_that_fails_is_only_felt_for(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(500)
    await queued(webhooks, hooks, *(f"s{n}" for n in range(30)))
    async with webhooks.dispatching():
        await failed(webhooks, hooks, 30)
        hooks.most_at_once = 0
        webhooks.skip(timedelta(seconds=5))
        await failed(webhooks, hooks, 60)
        assert hooks.most_at_once == 1
        hooks.answer = ok
        webhooks.skip(timedelta(seconds=10))
        await took(hooks, 30)


async def test_nobody_listens(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    await queued(webhooks, hooks)
    async with receiver() as other:
        url = other.url
    await webhooks.register(url)
    await webhooks.place("s2")
    await webhooks.queued()
    async with webhooks.dispatching():
        await took(hooks, 2)

        async def noticed() -> bool:
            return (await webhooks.endpoints())[1].state == "failing"

        await eventually(noticed)
    assert "ConnectError" in str((await webhooks.endpoints())[1].last_error)


async def test_a_redirect_is_not_followed(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    async with receiver() as elsewhere:
        hooks.answer = lambda _received: RedirectResponse(elsewhere.url, 307)
        await queued(webhooks, hooks)
        async with webhooks.dispatching():
            await failed(webhooks, hooks)
        assert elsewhere.received == []
    assert (await webhooks.endpoints())[0].last_error == "answered 307"


async def test_a_long_answer_is_not_read(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    hooks.answer = lambda _received: Response(b"x" * 50_000_000)
    await queued(webhooks, hooks)
    async with webhooks.dispatching():
        await took(hooks, 1)

        async def nothing_waits() -> bool:
            return await webhooks.waiting() == 0

        await eventually(nothing_waits)


async def test_an_endpoint_that_is_gone_gets_nothing_until_it_is_registered_again(
    webhooks: ComposedWebhooks, hooks: Receiver
) -> None:
    hooks.answer = status(410)
    await queued(webhooks, hooks)
    await webhooks.refund()
    await webhooks.place("s2")
    await webhooks.queued()
    async with webhooks.dispatching():

        async def all_dead() -> bool:
            return len(await webhooks.dead()) == 3

        await eventually(all_dead)
        await webhooks.place("s3")
        await webhooks.queued()
        (gone,) = await webhooks.endpoints()
        assert (gone.state, gone.waiting, gone.dead) == ("gone", 0, 3)
        first = (await webhooks.dead())[0]
        await webhooks.replay(first)

        async def given_up_again() -> bool:
            letters = await webhooks.dead()
            return len(letters) == 3 and first.id not in [letter.id for letter in letters]

        await eventually(given_up_again)
        assert (await webhooks.dead())[-1].error == "the endpoint is gone"
        hooks.answer = ok
        back = await webhooks.register(hooks.url)
        assert (back.id, back.state) == (gone.id, "active")
        await webhooks.place("s4")
        await webhooks.queued()
        await took(hooks, 1)
        await webhooks.replay((await webhooks.dead())[-1])
        await took(hooks, 2)
    assert [one.order["id"] for one in hooks.taken] == ["order_s4", "order_s1"]


async def test_without_a_key_nothing_is_sent(redis_of: ClientOf, hooks: Receiver) -> None:
    await queued(ComposedWebhooks(redis_of), hooks)
    keyless = ComposedWebhooks(redis_of, keys=())
    async with keyless.dispatching():

        async def noticed() -> bool:
            return (await keyless.endpoints())[0].state == "failing"

        await eventually(noticed)
    assert hooks.received == []
    assert (await keyless.endpoints())[0].last_error == "the store has no signing key"


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
