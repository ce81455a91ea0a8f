"""A payment of which nobody knows what became is looked up, finished or let go, and never forgotten
or charged again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from deployments.checkout.contract import Session
from deployments.foundation.rpc.detach import finish_detached
from deployments.payments.provider import PaymentProvider
from tests.conftest import ClientOf
from tests.unit.checkout.services import Crash
from tests.unit.checkout.shopping import (
    assert_books_are_straight,
    completing,
    ready,
    recover,
    seen,
)
from tests.unit.isolation.bank import Bank, Mood, assert_the_bank_agrees
from tests.unit.isolation.store import Store
from tests.unit.isolation.test_services_that_are_down import buy, complete, try_again

MOODS: tuple[Mood, ...] = ("silent before", "silent after")


class StoreWithBank(Store):
    """A store whose provider a test can silence."""

    bank: Bank

    def provider(self, sandbox: PaymentProvider) -> PaymentProvider:
        self.bank = Bank(sandbox)
        return self.bank


@pytest.fixture
async def store(redis_of: ClientOf, platforms: None) -> AsyncIterator[StoreWithBank]:
    store = StoreWithBank(redis_of)
    await store.open()
    yield store
    await finish_detached()
    await store.replica_of_catalog.stop()


async def straight(store: Store, admin: Redis, session: Session) -> list[Session]:
    completed = await assert_books_are_straight(store, admin, [session])
    await assert_the_bank_agrees(admin, completed)
    return completed


@pytest.mark.parametrize("voiding", [None, *MOODS])
@pytest.mark.parametrize("looking_up", [None, *MOODS])
@pytest.mark.parametrize("authorising", MOODS)
async def test_an_authorisation_without_an_answer(
    store: StoreWithBank,
    client: httpx.AsyncClient,
    admin: Redis,
    authorising: Mood,
    looking_up: Mood | None,
    voiding: Mood | None,
) -> None:
    session = await ready(store.checkout)
    wanted = {"authorise": authorising, "look_up": looking_up, "void": voiding}
    store.bank.moods = {name: mood for name, mood in wanted.items() if mood is not None}
    try_again(await complete(client, session))
    await recover(store)
    # A void that took effect is found by looking up; it need not be answered.
    stuck = looking_up is not None or voiding == "silent before"
    status = "complete_in_progress" if stuck else "ready_for_complete"
    assert (await seen(store.checkout, session)).status == status
    store.bank.moods = {}
    await recover(store)
    assert await straight(store, admin, session) == []
    await buy(client, session)
    await finish_detached()
    assert len(await straight(store, admin, session)) == 1


@pytest.mark.parametrize("capturing", MOODS)
async def test_a_capture_without_an_answer(
    store: StoreWithBank, client: httpx.AsyncClient, admin: Redis, capturing: Mood
) -> None:
    """The order is placed and told; the money is taken later, once, by whoever finds it missing."""
    session = await ready(store.checkout)
    store.bank.moods = {"capture": capturing}
    bought = await buy(client, session)
    await recover(store)
    assert await admin.zcard("{checkout}:sagas:active") == 1
    store.bank.moods = {}
    await recover(store)
    assert len(await straight(store, admin, session)) == 1
    assert (await buy(client, session))["order"] == bought["order"]


@pytest.mark.parametrize("authorising", [None, *MOODS])
async def test_a_crash_after_the_provider_was_asked(
    store: StoreWithBank, client: httpx.AsyncClient, admin: Redis, authorising: Mood | None
) -> None:
    session = await ready(store.checkout)
    store.bank.moods = {} if authorising is None else {"authorise": authorising}
    where = store.payments.after if authorising is None else store.payments.before
    where["authorise" if authorising is None else "void"] = Crash
    with pytest.raises(Crash):
        await store.checkout.complete(completing(session, name="the-purchase"))
    store.payments.heal()
    store.bank.moods = {}
    await recover(store)
    assert await straight(store, admin, session) == []
    again = await store.checkout.complete(completing(session, name="the-purchase"))
    await finish_detached()
    assert again.status == "completed"
    assert len(await straight(store, admin, session)) == 1
