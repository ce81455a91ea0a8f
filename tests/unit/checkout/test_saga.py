"""Completing: all or nothing, whatever breaks, whoever drives, however often it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from deployments.checkout.contract import (
    CancelSession,
    RecoverSagas,
    ReplaceSession,
    Session,
    SessionBusy,
    SessionClosed,
)
from deployments.checkout.domain import failed_event
from deployments.checkout.replies import Saga
from deployments.checkout.saga_store import SagaStore
from deployments.foundation.http.idempotency import KeyReused, StillRunning
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT, STOCK, Crash, Interposed, Services
from tests.unit.checkout.shopping import (
    age_leases,
    assert_books_are_straight,
    completing,
    contents,
    key,
    order_of,
    ready,
    recover,
    seen,
    try_to_complete,
)


async def test_a_completed_session_is_an_order_that_is_paid(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout, quantity=3, codes=("once",))
    done = await services.checkout.complete(completing(session))
    await finish_detached()
    assert done.status == "completed"
    assert (await order_of(services, done)).items[0].quantity == 3
    assert await assert_books_are_straight(services, admin, [session]) == [done]


async def test_a_completion_takes_three_calls_in_sequence(services: Services) -> None:
    """What is waited for before the answer: reserve, authorise, place; the rest is beside them."""
    session = await ready(services.checkout, codes=("once",))
    for service in services.dependencies:
        service.calls.clear()
    await services.checkout.complete(completing(session))
    before_the_answer = {name for service in services.dependencies for name in service.calls}
    assert before_the_answer <= {
        *("reserve", "redeem", "authorise", "allocate", "place", "commit", "capture")
    }
    assert services.inventory.calls[:2] == ["reserve", "allocate"]


@pytest.mark.parametrize("token", ["fail_token", "fraud_token", "nonsense"])
async def test_after_a_refused_card_another_one_pays(
    services: Services, admin: Redis, token: str
) -> None:
    session = await ready(services.checkout, codes=("ONCE",))
    refused = await services.checkout.complete(completing(session, token=token))
    assert refused.status == "ready_for_complete"
    assert [notice.code for notice in refused.errors] == ["payment_failed"]
    assert await assert_books_are_straight(services, admin, [session]) == []

    done = await services.checkout.complete(completing(session))
    await finish_detached()
    assert done.status == "completed"
    assert done.notices == ()
    await assert_books_are_straight(services, admin, [session])


async def test_what_is_gone_is_refused_politely(services: Services, admin: Redis) -> None:
    first, second = (
        await ready(services.checkout, sku=BIKE.sku, quantity=2),
        await ready(services.checkout, sku=BIKE.sku, quantity=1),
    )
    await services.checkout.complete(completing(first))
    refused = await services.checkout.complete(completing(second))
    await finish_detached()
    assert refused.status == "incomplete"
    assert [(n.code, n.path, n.severity) for n in refused.errors] == [
        ("out_of_stock", "$.line_items[0]", "recoverable")
    ]
    assert len(await assert_books_are_straight(services, admin, [first, second])) == 1


async def test_a_code_that_works_once_works_once(services: Services, admin: Redis) -> None:
    sessions = [await ready(services.checkout, codes=("ONCE",)) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(services.checkout.complete(completing(session)) for session in sessions)
    )
    await finish_detached()
    assert sorted(outcome.status for outcome in outcomes) == ["completed", *["incomplete"] * 3]
    refused = next(outcome for outcome in outcomes if outcome.status == "incomplete")
    assert [(n.code, n.path) for n in refused.errors] == [
        ("discount_code_expired", "$.discounts.codes[0]")
    ]
    await assert_books_are_straight(services, admin, sessions)


async def test_a_hundred_buyers_of_ten_shirts(services: Services, admin: Redis) -> None:
    sessions = [await ready(services.checkout) for _ in range(100)]
    outcomes = await asyncio.gather(
        *(services.checkout.complete(completing(session)) for session in sessions)
    )
    await finish_detached()
    assert sum(outcome.status == "completed" for outcome in outcomes) == STOCK[SHIRT.sku]
    assert all(o.status == "completed" or o.errors[0].code == "out_of_stock" for o in outcomes)
    await assert_books_are_straight(services, admin, sessions)


async def test_twenty_identical_requests_have_one_effect(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    request = completing(session, name="once-only")
    outcomes = await asyncio.gather(
        *(services.replica().complete(request) for _ in range(20)), return_exceptions=True
    )
    await finish_detached()
    answers = [outcome for outcome in outcomes if isinstance(outcome, Session)]
    assert all(isinstance(o, StillRunning) for o in outcomes if not isinstance(o, Session))
    assert len(answers) >= 1
    assert all(answer == answers[0] for answer in answers)
    assert await services.checkout.complete(request) == answers[0]
    assert services.orders.calls.count("place") == 1
    await assert_books_are_straight(services, admin, [session])


async def test_a_key_with_another_body_is_refused(services: Services) -> None:
    session = await ready(services.checkout)
    await services.checkout.complete(completing(session, name="a-key"))
    other = completing(session).model_copy(update={"request": key("a-key", b"other")})
    with pytest.raises(KeyReused):
        await services.checkout.complete(other)


async def test_completed_replaced_and_cancelled_at_once(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    replace = ReplaceSession(
        session_id=session.id, platform=PLATFORM, contents=contents(quantity=2)
    )
    cancel = CancelSession(session_id=session.id, platform=PLATFORM)
    attempts = [
        services.checkout.complete(completing(session)),
        *(services.checkout.replace(replace) for _ in range(5)),
        services.checkout.cancel(cancel),
        *(services.checkout.complete(completing(session)) for _ in range(5)),
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    await finish_detached()
    allowed = Session | SessionBusy | SessionClosed
    assert all(isinstance(outcome, allowed) for outcome in outcomes), outcomes
    assert (await seen(services.checkout, session)).status in {"completed", "canceled"}
    assert services.orders.calls.count("place") <= 1
    await assert_books_are_straight(services, admin, [session])


_RECOVER = RecoverSagas()


def _broken(why: str) -> Callable[[], BaseException]:
    return lambda: DependencyUnavailable("a dependency", why)


STEPS = [
    ("inventory", "reserve"),
    ("pricing", "redeem"),
    ("payments", "authorise"),
    ("inventory", "allocate"),
    ("orders", "place"),
    ("inventory", "commit"),
    ("payments", "capture"),
]
UNDOS = [("inventory", "release"), ("pricing", "undo_redemption"), ("payments", "void")]


def _service(services: Services, name: str) -> Interposed:
    service: Interposed = getattr(services, name)
    return service


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fault", [_broken("it is down"), Crash], ids=["no answer", "crash"])
@pytest.mark.parametrize(("where", "step"), STEPS)
async def test_a_fault_at_a_step_leaves_all_or_nothing(
    services: Services,
    admin: Redis,
    where: str,
    step: str,
    fault: Callable[[], BaseException],
    moment: str,
) -> None:
    session = await ready(services.checkout, codes=("ONCE",))
    request = completing(session, name="the-purchase")
    getattr(_service(services, where), moment)[step] = fault
    try:
        told = await try_to_complete(services.checkout, request)
    except Crash:
        told = None
    await finish_detached()
    _service(services, where).heal()
    await recover(services)

    completed = await assert_books_are_straight(services, admin, [session])
    assert told is None or len(completed) == 1
    # The same request now has the effect that it was meant to have, and only once.
    repeated = await services.checkout.complete(request)
    await finish_detached()
    assert repeated.status == "completed"
    assert services.orders.calls.count("place") <= 2
    await assert_books_are_straight(services, admin, [session])


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fault", [_broken("it is down"), Crash], ids=["no answer", "crash"])
@pytest.mark.parametrize(("where", "undo"), UNDOS)
async def test_a_fault_at_an_undo_is_mended_by_the_recovery(
    services: Services,
    admin: Redis,
    where: str,
    undo: str,
    fault: Callable[[], BaseException],
    moment: str,
) -> None:
    session = await ready(services.checkout, codes=("ONCE",))
    request = completing(session, token="fail_token", name="the-purchase")
    getattr(_service(services, where), moment)[undo] = fault
    with pytest.raises((DependencyUnavailable, Crash)):
        await services.checkout.complete(request)
    with pytest.raises((StillRunning, DependencyUnavailable)):
        await services.checkout.complete(request)
    _service(services, where).heal()
    await recover(services)

    assert await assert_books_are_straight(services, admin, [session]) == []
    answered = await services.checkout.complete(request)
    assert [notice.code for notice in answered.errors] == ["payment_failed"]
    assert (await services.checkout.complete(completing(session))).status == "completed"
    await finish_detached()
    await assert_books_are_straight(services, admin, [session])


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["reserve", "allocate"])
async def test_a_slow_driver_is_shut_out_when_the_recovery_has_taken_over(
    services: Services, admin: Redis, step: str, moment: str
) -> None:
    session = await ready(services.checkout)
    reached, gate = services.inventory.hold(step, moment)
    slow = asyncio.create_task(services.checkout.complete(completing(session)))
    await reached.wait()
    await age_leases(services)
    await services.replica().recover(_RECOVER)
    gate.set()
    with pytest.raises((StillRunning, DependencyUnavailable)):
        await slow
    await finish_detached()
    assert await assert_books_are_straight(services, admin, [session]) == []
    assert "place" not in services.orders.calls


async def test_a_claim_takes_the_fence_from_the_old_driver(services: Services) -> None:
    store = SagaStore(services.redis_of("checkout"))
    session = await ready(services.checkout)
    old = await store.begin(completing(session), "saga_1", "order_1", services.clock())
    assert isinstance(old, Saga)
    assert await store.claim(9) == []
    await age_leases(services)
    (new,) = await store.claim(9)
    assert isinstance(new, Saga)
    assert not await store.advance(old, "authorising")
    event = failed_event(session, None)
    now = services.clock()
    late = await store.answer(old, "undone", session, event, now, keep_answer=True, ended=True)
    assert late is None
    assert await store.advance(new, "authorising")


async def test_a_replica_whose_clock_is_fast_takes_no_saga_over(services: Services) -> None:
    session = await ready(services.checkout)
    reached, gate = services.payments.hold("authorise")
    buying = asyncio.create_task(services.checkout.complete(completing(session)))
    await reached.wait()
    services.clock.forward(minutes=10)
    assert (await services.replica().recover(_RECOVER)).claimed == 0
    gate.set()
    assert (await buying).status == "completed"


async def test_a_session_cannot_be_touched_while_it_is_completed(services: Services) -> None:
    session = await ready(services.checkout)
    reached, gate = services.payments.hold("authorise")
    running = asyncio.create_task(services.checkout.complete(completing(session, name="first")))
    await reached.wait()
    replace = ReplaceSession(
        session_id=session.id, platform=PLATFORM, contents=contents(quantity=2)
    )
    for attempt in (
        services.checkout.replace(replace),
        services.checkout.cancel(CancelSession(session_id=session.id, platform=PLATFORM)),
        services.checkout.complete(completing(session)),
    ):
        with pytest.raises(SessionBusy):
            await attempt
    with pytest.raises(StillRunning):
        await services.checkout.complete(completing(session, name="first"))
    gate.set()
    assert (await running).status == "completed"


async def test_a_saga_that_cannot_end_holds_up_no_other(services: Services) -> None:
    sessions = [await ready(services.checkout) for _ in range(2)]
    services.orders.before["place"] = Crash
    for session in sessions:
        with pytest.raises(Crash):
            await services.checkout.complete(completing(session))
    bugs = [RuntimeError("a bug")]
    services.orders.heal()
    services.orders.after["place"] = lambda: (
        bugs.pop() if bugs else DependencyUnavailable("o", "late")
    )
    await age_leases(services)
    recovered = await services.replica().recover(_RECOVER)
    assert (recovered.claimed, recovered.ended) == (2, 0)


async def test_two_recoveries_at_once_finish_a_saga_once(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    services.orders.after["place"] = Crash
    with pytest.raises(Crash):
        await services.checkout.complete(completing(session))
    services.orders.heal()
    await age_leases(services)
    recovered = await asyncio.gather(*(services.replica().recover(_RECOVER) for _ in range(5)))
    await finish_detached()
    assert sum(one.claimed for one in recovered) == 1
    assert len(await assert_books_are_straight(services, admin, [session])) == 1


@pytest.mark.parametrize(("where", "step"), STEPS)
async def test_a_client_that_leaves_changes_nothing(
    services: Services, admin: Redis, where: str, step: str
) -> None:
    session = await ready(services.checkout, codes=("ONCE",))
    reached, gate = _service(services, where).hold(step)
    client = asyncio.create_task(services.checkout.complete(completing(session)))
    await reached.wait()
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    gate.set()
    await finish_detached()
    assert (await seen(services.checkout, session)).status == "completed"
    await assert_books_are_straight(services, admin, [session])


async def test_the_token_is_kept_nowhere(services: Services, admin: Redis) -> None:
    session = await ready(services.checkout)
    request = completing(session, token="a-very-secret-token", name="a-key")
    assert "a-very-secret-token" not in repr(request)
    await services.checkout.complete(request)
    await finish_detached()
    async for name in admin.scan_iter():
        assert b"a-very-secret-token" not in (await admin.dump(name) or b"")
