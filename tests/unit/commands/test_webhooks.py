"""An operator looks after endpoints, what waits for them, and what they did not take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from starlette.responses import Response

from deployments.webhooks.domain import webhook_id
from tests.command_line import fieldhouse, typed
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks
from tests.unit.webhooks.receiver import Received, Receiver, ok, receiver


@pytest.fixture(autouse=True)
def this_store(monkeypatch: pytest.MonkeyPatch, valkey_socket: Path, admin: Redis) -> None:
    """The store that commands look after is the tests'."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("FIELDHOUSE_DEVELOPMENT_KEY", "allow")


async def operator(*words: str) -> tuple[int, str]:
    """What a command exits with and prints."""
    ended = await typed(*words)
    return ended.status, ended.out


def failing(_received: Received) -> Response:
    return Response(status_code=500)


def gone(_received: Received) -> Response:
    return Response(status_code=410)


async def asked(requests: Sequence[Received], count: int = 1) -> None:
    """Until there were so many requests."""

    async def there() -> bool:
        return len(requests) >= count

    await eventually(there)


async def died(
    webhooks: ComposedWebhooks, count: int = 1, *, skip: timedelta = timedelta()
) -> None:
    """Until there are so many dead letters."""

    async def all_dead() -> bool:
        webhooks.skip(skip)
        return len(await webhooks.dead()) == count

    await eventually(all_dead)


async def test_without_endpoints_there_is_nothing_to_list() -> None:
    nothing = "   No platform has registered an endpoint.\n"
    assert await operator("webhooks", "list") == (0, nothing)


async def test_what_waits_is_listed_shown_and_retried(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of)
    async with receiver("/hooks?key=hidden") as hooks:
        hooks.answer = failing
        endpoint = await webhooks.register(hooks.url)
        await webhooks.place()
        await webhooks.queued()
        async with webhooks.dispatching():

            async def waits_again() -> bool:
                _, listed = await operator("webhooks", "list")
                return "answered 500" in listed and "order_s1" in listed

            await eventually(waits_again)
            status, listed = await operator("webhooks")
            assert (status, "hidden" in listed) == (0, False)
            assert endpoint.id in listed
            status, told = await operator("webhooks", "show", "1")
            assert (status, '"currency":"USD"' in told) == (0, True)
            await webhooks.refund()
            await webhooks.queued()
            status, told = await operator("webhooks", "retry", "2", "999")
            assert status == 1
            assert "2 waits for an older delivery of its order." in told
            assert "No delivery 999 waits." in told
            hooks.answer = ok
            assert await operator("webhooks", "retry", "1") == (0, "   1 will be sent again.\n")
            await asked(hooks.taken, 2)
    assert await operator("webhooks", "show", "1") == (1, "   No delivery 1 waits.\n")


async def test_what_waits_is_dropped(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of)
    async with receiver() as hooks:
        await webhooks.register(hooks.url)
        await webhooks.place()
        await webhooks.queued()
        assert await operator("webhooks", "drop", "1") == (0, "   1 is dropped.\n")
    assert await webhooks.waiting() == 0


async def test_what_an_endpoint_did_not_take_is_a_dead_letter(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of)
    async with receiver() as hooks:
        hooks.answer = failing
        endpoint = await webhooks.register(hooks.url)
        async with webhooks.running():
            await webhooks.place()
            await asked(hooks.received)
            await died(webhooks, skip=timedelta(hours=1))
            (letter,) = await webhooks.dead()
            status, listed = await operator("dead-letters", "list", "--kind", "deliveries")
            assert status == 0
            for word in (letter.id, endpoint.id, "orders.placed.v1", "order_s1", "answered 500"):
                assert word in listed
            assert await operator("dead-letters", "list", "--kind", "events") == (
                0,
                "   There are no dead letters.\n",
            )
            status, told = await operator("dead-letters", "show", letter.id)
            assert (status, '"currency": "USD"' in told) == (0, True)
            hooks.answer = ok
            status, told = await operator("dead-letters", "replay", letter.id)
            assert (status, f"delivered to {endpoint.id} again" in told) == (0, True)
            await asked(hooks.taken)
    assert await webhooks.dead() == []
    assert (await operator("dead-letters", "drop", letter.id))[0] == 1


async def three_letters(webhooks: ComposedWebhooks, hooks: Receiver) -> None:
    """Have three deliveries die, two of them of one order, and the oldest once more, as the last.

    The endpoint is back afterwards.
    """
    hooks.answer = gone
    await webhooks.register(hooks.url)
    await webhooks.place("s1")
    await webhooks.queued()
    await webhooks.refund("s1")
    await webhooks.place("s2")
    await webhooks.queued()
    async with webhooks.dispatching():
        await died(webhooks, 3)
        await webhooks.register(hooks.url)
        oldest = (await webhooks.dead())[0]
        await webhooks.replay(oldest)

        async def died_again() -> bool:
            letters = [letter.fields["delivery"] for letter in await webhooks.dead()]
            return len(letters) == 3 and letters[-1] == oldest.fields["delivery"]

        await eventually(died_again)
    await webhooks.register(hooks.url)


async def test_all_dead_letters_are_replayed_an_orders_older_ones_first(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of)
    async with receiver() as hooks:
        await three_letters(webhooks, hooks)
        letters = sorted(await webhooks.dead(), key=lambda letter: int(letter.fields["delivery"]))
        of_one = [letter.fields for letter in letters if letter.fields["order"] == "order_s1"]
        in_order = [webhook_id(fields["event"]) for fields in of_one]
        hooks.answer = ok
        status, told = await operator("dead-letters", "replay", "--all")
        assert (status, len(re.findall("will be delivered", told))) == (0, 3)
        async with webhooks.dispatching():
            await asked(hooks.taken, 3)
    assert hooks.ids("order_s1") == in_order
    assert await webhooks.dead() == []


async def test_all_dead_letters_are_dropped_and_what_waits_is_not(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(redis_of)
    async with receiver() as hooks:
        await three_letters(webhooks, hooks)
        await webhooks.place("s3")
        await webhooks.queued()
        assert (await operator("dead-letters", "drop", "--all"))[0] == 0
    assert (await webhooks.dead(), await webhooks.waiting()) == ([], 1)


async def test_dead_letters_go_with_their_endpoint(redis_of: ClientOf) -> None:
    """They hold the addresses of buyers whom the platform has no more to do with here."""
    webhooks = ComposedWebhooks(redis_of)
    async with receiver() as hooks:
        await three_letters(webhooks, hooks)
        (endpoint,) = await webhooks.endpoints()
        assert endpoint.dead == 3
        await webhooks.remove(endpoint.id)
    assert await webhooks.dead() == []


@pytest.mark.parametrize("words", [("retry",), ("drop",), ("show",), ("x",)])
def test_what_is_not_meant_clearly_is_refused(words: Sequence[str]) -> None:
    assert fieldhouse("webhooks", *words).status == 2
