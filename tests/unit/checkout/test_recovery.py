"""Sagas that fail: each is taken alone, none is repeated for ever, none keeps its buyer waiting."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from deployments.checkout.contract import RecoverSagas, Session
from deployments.checkout.failures import ALLOWED
from deployments.checkout.records import CheckoutRecords
from deployments.checkout.replies import Saga
from deployments.checkout.saga_store import SagaStore
from deployments.checkout.store import KEEP_SECONDS, PARKED, saga_key, session_key
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from deployments.foundation.rpc.rejection import Rejection
from deployments.inventory.contract import AlreadyCommitted
from deployments.payments.contract import PaymentNotPossible
from tests.unit.checkout.services import Services
from tests.unit.checkout.shopping import (
    age_leases,
    assert_books_are_straight,
    completing,
    ready,
    recover,
    seen,
    try_to_complete,
)


def away() -> Exception:
    return DependencyUnavailable("payments", "it is down", "absent")


def not_possible() -> Rejection:
    return PaymentNotPossible("There is nothing to take.")


def committed() -> Rejection:
    return AlreadyCommitted("These units are sold.")


async def parked(services: Services) -> dict[str, str]:
    """Why each parked saga waits, by its id."""
    records = CheckoutRecords(services.redis_of("checkout"))
    return {saga.id: saga.failure for saga in await records.parked()}


async def retry(services: Services) -> None:
    """What an operator does, and the recovery then."""
    sagas = SagaStore(services.redis_of("checkout"))
    for saga_id in await parked(services):
        assert await sagas.retry(saga_id)
    await recover(services)


async def begun(services: Services, session: Session, saga_id: str = "saga_1") -> Saga:
    """A saga whose driver is gone at once."""
    sagas = SagaStore(services.redis_of("checkout"))
    saga = await sagas.begin(completing(session), saga_id, "order_1", services.clock())
    assert isinstance(saga, Saga)
    return saga


async def test_what_is_rejected_while_settling_waits_for_an_operator(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout)
    services.payments.before["capture"] = not_possible
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    assert done.status == "completed"
    ((_, why),) = (await parked(services)).items()
    assert "payments.not_possible" in why
    asked = services.payments.calls.count("capture")
    await recover(services)
    assert services.payments.calls.count("capture") == asked

    services.payments.heal()
    await retry(services)
    assert await parked(services) == {}
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_a_rejection_does_not_park_what_another_service_may_still_take(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout)
    services.payments.before["capture"] = away
    services.inventory.before["commit"] = committed
    await services.checkout.complete(completing(session))
    await recover(services)
    assert await parked(services) == {}
    services.payments.heal()
    await recover(services)
    assert len(await parked(services)) == 1
    assert "capture" in services.payments.calls


@pytest.mark.parametrize("reason", ["declined", "away"])
async def test_an_undo_that_is_rejected_keeps_nobody_from_the_answer(
    services: Services, admin: Redis, reason: str
) -> None:
    session = await ready(services.checkout)
    services.inventory.before["release"] = committed
    services.inventory.before["allocate"] = away
    token = "fail_token" if reason == "declined" else "success_token"
    answer = await try_to_complete(services.checkout, completing(session, token=token))
    assert (answer is not None) == (reason == "declined")
    assert (await seen(services.checkout, session)).status == "ready_for_complete"
    ((saga_id, why),) = (await parked(services)).items()
    assert "inventory.already_committed" in why

    services.inventory.heal()
    done = await services.checkout.complete(completing(session))
    await retry(services)
    assert await parked(services) == {}
    assert await admin.hget(saga_key(saga_id), "stage") == "undone"
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_a_bug_in_an_undo_ends_after_some_tries(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    services.inventory.before["release"] = lambda: RuntimeError("a bug")
    with pytest.raises(RuntimeError):
        await services.checkout.complete(completing(session, token="fail_token"))
    for _ in range(ALLOWED - 2):
        await recover(services)
        assert (await seen(services.checkout, session)).status == "complete_in_progress"
    await recover(services)
    assert (await seen(services.checkout, session)).status == "ready_for_complete"
    assert ["RuntimeError" in why for why in (await parked(services)).values()] == [True]
    services.inventory.heal()
    await retry(services)
    assert await assert_books_are_straight(services, admin, [session]) == []


async def test_a_service_that_is_away_is_waited_for_however_long_it_takes(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout)
    services.payments.before["capture"] = away
    done = await services.checkout.complete(completing(session))
    for _ in range(ALLOWED + 2):
        await recover(services)
    assert await parked(services) == {}
    services.payments.heal()
    await recover(services)
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_a_settling_that_fails_is_handed_over_before_its_lease_lapses(
    services: Services,
) -> None:
    session = await ready(services.checkout)
    services.payments.before["capture"] = away
    await services.checkout.complete(completing(session))
    await finish_detached()
    services.payments.heal()
    await age_leases(services, seconds=5)
    recovered = await services.replica().recover(RecoverSagas())
    assert (recovered.claimed, recovered.ended) == (1, 1)


@pytest.mark.parametrize("body", ['{"sentence": null}', "not JSON"])
async def test_an_undo_ends_even_if_nothing_can_be_made_of_the_rejection(
    services: Services, body: str
) -> None:
    session = await ready(services.checkout)
    saga = await begun(services, session)
    sagas = SagaStore(services.redis_of("checkout"))
    await sagas.advance(
        saga, "undoing", undo_from="reserving", rejection="pricing.new", rejection_body=body
    )
    await recover(services)
    now = await seen(services.checkout, session)
    assert (now.status, [notice.code for notice in now.errors]) == ("incomplete", ["rejected"])
    assert await parked(services) == {}


@pytest.mark.parametrize("damage", ["unreadable", "gone"])
async def test_a_saga_whose_session_cannot_be_read_keeps_no_other_from_its_end(
    services: Services, admin: Redis, damage: str
) -> None:
    damaged, sound = [await ready(services.checkout) for _ in range(2)]
    for number, session in enumerate((damaged, sound), 1):
        await begun(services, session, f"saga_{number}")
    await admin.copy(session_key(damaged.id), "kept")
    if damage == "gone":
        await admin.delete(session_key(damaged.id))
    else:
        await admin.hset(session_key(damaged.id), "doc", '{"id": 7}')
    await recover(services)
    assert (await seen(services.checkout, sound)).status == "ready_for_complete"
    assert list(await parked(services)) == ["saga_1"]

    await admin.copy("kept", session_key(damaged.id), replace=True)
    await retry(services)
    assert (await seen(services.checkout, damaged)).status == "ready_for_complete"
    assert await assert_books_are_straight(services, admin, [damaged, sound]) == []


async def test_a_saga_without_a_record_is_forgotten(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    await begun(services, session)
    await admin.delete(saga_key("saga_1"))
    await begun(services, await ready(services.checkout), "saga_2")
    await recover(services)
    assert await admin.zcard("{checkout}:sagas:active") == 0
    assert not await admin.exists(saga_key("saga_1"))


async def test_a_saga_that_has_ended_is_not_driven_again(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    (name,) = map(str, await admin.keys(saga_key("*")))
    await admin.zadd("{checkout}:sagas:active", {name.removeprefix(saga_key("")): 1})
    await recover(services)
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_a_session_is_kept_for_as_long_as_its_saga_is_open(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout)
    name = session_key(session.id)
    assert 0 < await admin.ttl(name) < KEEP_SECONDS
    reached, gate = services.payments.hold("authorise")
    services.payments.before["capture"] = not_possible
    buying = services.checkout.complete(completing(session))
    running = asyncio.create_task(buying)
    await reached.wait()
    assert await admin.ttl(name) == -1
    gate.set()
    await running
    await finish_detached()
    assert await admin.ttl(name) == -1
    services.payments.heal()
    await retry(services)
    assert 0 < await admin.ttl(name) <= KEEP_SECONDS


async def test_a_session_that_was_not_bought_is_forgotten_some_day(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout)
    await services.checkout.complete(completing(session, token="fail_token"))
    assert 0 < await admin.ttl(session_key(session.id)) < KEEP_SECONDS


async def test_the_end_of_a_saga_is_only_for_its_driver_and_from_where_it_stands(
    services: Services, admin: Redis
) -> None:
    sagas = SagaStore(services.redis_of("checkout"))
    old = await begun(services, await ready(services.checkout))
    await age_leases(services)
    (new,) = await sagas.claim(9)
    assert isinstance(new, Saga)
    assert not await sagas.end(old, "done")
    await sagas.advance(new, "settling")
    assert not await sagas.end(new, "done")
    assert await admin.hget(saga_key(new.id), "stage") == "settling"
    assert await admin.zcard("{checkout}:sagas:active") == 1


async def test_only_its_driver_parks_a_saga_and_only_once(services: Services, admin: Redis) -> None:
    sagas = SagaStore(services.redis_of("checkout"))
    old = await begun(services, await ready(services.checkout))
    await age_leases(services)
    (new,) = await sagas.claim(9)
    assert not await sagas.fail(old, "late", 1)
    assert await sagas.fail(new, "rejected", 1)
    assert not await sagas.fail(new, "again", 1)
    assert await parked(services) == {"saga_1": "rejected"}
    assert await sagas.retry("saga_1")
    assert not await sagas.retry("saga_1")
    assert await admin.zcard(PARKED) == 0
