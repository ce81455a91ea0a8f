"""An operator finds the purchases that no repetition will mend, and has them driven on."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.detach import finish_detached
from deployments.payments.contract import PaymentNotPossible
from tests.command_line import typed
from tests.conftest import ClientOf
from tests.unit.checkout.services import Services
from tests.unit.checkout.shopping import (
    assert_books_are_straight,
    completing,
    ready,
    recover,
)


@pytest.fixture(autouse=True)
def this_store(monkeypatch: pytest.MonkeyPatch, valkey_socket: Path, admin: Redis) -> None:
    """The store that commands look after is the tests'."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("FIELDHOUSE_DEVELOPMENT_KEY", "allow")


@pytest.fixture
async def services(redis_of: ClientOf) -> Services:
    services = Services(redis_of)
    await services.stock()
    return services


async def test_nothing_waits_where_all_is_well(services: Services) -> None:
    await services.checkout.complete(completing(await ready(services.checkout)))
    await finish_detached()
    listed = await typed("sagas")
    assert (listed.status, "No saga waits" in listed.out) == (0, True)


async def test_a_parked_saga_is_listed_shown_and_retried(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    services.payments.before["capture"] = lambda: PaymentNotPossible("There is nothing to take.")
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    (saga_id,) = map(str, await admin.zrange("{checkout}:sagas:parked", 0, -1))

    listed = await typed("sagas", "list")
    assert listed.status == 1
    assert saga_id in listed.out
    assert "parked" in listed.out
    shown = await typed("sagas", "show", saga_id)
    assert shown.status == 0
    assert session.id in shown.out
    assert "There is nothing to take." in shown.out
    assert "ada@example.com" not in shown.out

    services.payments.heal()
    assert (await typed("sagas", "retry", saga_id)).status == 0
    assert (await typed("sagas", "retry", saga_id)).status == 1
    assert "under way" in (await typed("sagas")).out
    await recover(services)
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_a_saga_that_is_not_there_is_not_shown() -> None:
    shown = await typed("sagas", "show", "saga_1")
    assert (shown.status, "There is no saga saga_1." in shown.out) == (1, True)
