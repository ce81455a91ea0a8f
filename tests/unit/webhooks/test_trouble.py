"""Endpoints that fail, hang, move or end: who waits, and for how long."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import Receiver, ok, receiver
from tests.unit.webhooks.test_deliveries import took
from tests.unit.webhooks.test_signatures import published, verify_by_hand
from tests.unit.webhooks.trouble import failed, hang, queued, status, until


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
