"""Checkout publishes what becomes of a session, once, whoever drives and whatever breaks."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from deployments.carts.contract import CreateCart
from deployments.checkout.contract import (
    CancelSession,
    CreateSession,
    ReplaceSession,
    Session,
    SessionClosed,
)
from deployments.checkout.domain import UNAVAILABLE
from deployments.checkout.events import (
    CheckoutCancelled,
    CheckoutCompleted,
    CheckoutFailed,
    CheckoutStarted,
)
from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import finish_detached
from tests.published_events import published
from tests.unit.checkout.services import BIKE, PLATFORM, Crash, Interposed, Services
from tests.unit.checkout.shopping import (
    completing,
    contents,
    key,
    ready,
    recover,
    seen,
)


async def told(services: Services, session: Session) -> list[Envelope]:
    await finish_detached()
    events = await published(services.redis_of("checkout"), "checkout")
    return [event for event in events if event.subject == session.id]


async def kinds(services: Services, session: Session) -> list[str]:
    return [event.type.split(".")[-2] for event in await told(services, session)]


async def test_a_session_of_a_cart_is_published_when_it_is_new(services: Services) -> None:
    cart = await services.carts.create(CreateCart(platform=PLATFORM, contents=contents()))
    requests = [
        CreateSession(platform=PLATFORM, cart_id=cart.id, contents=contents(), request=request)
        for request in (key("one"), key("one"), key("two"), RequestKey())
    ]
    created = [(await services.checkout.create(request)).session for request in requests]
    session = created[0]
    assert {one.id for one in created} == {session.id}
    (event,) = await told(services, session)
    assert event_of(event, CheckoutStarted) == CheckoutStarted(
        session_id=session.id,
        platform=PLATFORM,
        cart_id=cart.id,
        currency="USD",
        total=session.priced.totals.total,
    )


async def test_a_completion_is_published_once_with_its_order(services: Services) -> None:
    session = await ready(services.checkout)
    request = completing(session, name="once")
    await asyncio.gather(
        *(services.replica().complete(request) for _ in range(10)), return_exceptions=True
    )
    done = await services.checkout.complete(request)
    with pytest.raises(SessionClosed):
        await services.checkout.complete(completing(session))
    started, completed = await told(services, session)
    assert started.type == CheckoutStarted.type
    assert done.order is not None
    assert event_of(completed, CheckoutCompleted) == CheckoutCompleted(
        session_id=session.id,
        platform=PLATFORM,
        order_id=done.order.order_id,
        currency="USD",
        total=done.priced.totals.total,
    )


async def test_a_rejection_is_published_with_its_code_and_the_session_goes_on(
    services: Services,
) -> None:
    session = await ready(services.checkout)
    refused = completing(session, token="fail_token", name="declined")
    for _ in range(2):
        await services.checkout.complete(refused)
    services.payments.before["authorise"] = lambda: DependencyUnavailable("payments", "it is down")
    with pytest.raises(DependencyUnavailable):
        await services.checkout.complete(completing(session))
    services.payments.heal()
    await services.checkout.complete(completing(session))
    assert await kinds(services, session) == ["started", "failed", "failed", "completed"]
    failed = (await told(services, session))[1:3]
    reasons = [event_of(event, CheckoutFailed).reason for event in failed]
    assert reasons == ["payment_failed", UNAVAILABLE]


async def test_what_ran_out_meanwhile_is_the_reason(services: Services) -> None:
    first, second = [await ready(services.checkout, sku=BIKE.sku, quantity=2) for _ in range(2)]
    await services.checkout.complete(completing(first))
    await services.checkout.complete(completing(second))
    failed = (await told(services, second))[-1]
    assert event_of(failed, CheckoutFailed).reason == "out_of_stock"


async def test_a_cancellation_is_published_once_and_a_replacement_is_not(
    services: Services,
) -> None:
    session = await ready(services.checkout)
    changed = ReplaceSession(
        session_id=session.id, platform=PLATFORM, contents=contents(quantity=2)
    )
    await services.checkout.replace(changed)
    cancel = CancelSession(session_id=session.id, platform=PLATFORM, request=key("cancel"))
    await asyncio.gather(*(services.replica().cancel(cancel) for _ in range(5)))
    with pytest.raises(SessionClosed):
        await services.checkout.cancel(cancel.model_copy(update={"request": RequestKey()}))
    started, cancelled = await told(services, session)
    assert started.type == CheckoutStarted.type
    assert event_of(cancelled, CheckoutCancelled) == CheckoutCancelled(
        session_id=session.id, platform=PLATFORM
    )


async def test_only_one_ending_of_a_race_is_published(services: Services) -> None:
    for _ in range(5):
        session = await ready(services.checkout)
        cancel = CancelSession(session_id=session.id, platform=PLATFORM)
        await asyncio.gather(
            services.replica().complete(completing(session)),
            services.replica().cancel(cancel),
            services.replica().complete(completing(session)),
            return_exceptions=True,
        )
        status = (await seen(services.checkout, session)).status
        ending = {"completed": "completed", "canceled": "cancelled"}[status]
        assert await kinds(services, session) == ["started", ending]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("where", "step"),
    [
        ("inventory", "reserve"),
        ("payments", "authorise"),
        ("orders", "place"),
        ("inventory", "commit"),
        ("payments", "capture"),
    ],
)
async def test_the_outcome_is_published_once_when_a_driver_dies(
    services: Services, where: str, step: str, moment: str
) -> None:
    session = await ready(services.checkout)
    service: Interposed = getattr(services, where)
    getattr(service, moment)[step] = Crash
    with suppress(Crash):
        await services.checkout.complete(completing(session))
    await finish_detached()
    service.heal()
    for _ in range(2):
        await recover(services)
    status = (await seen(services.checkout, session)).status
    ending = {"completed": "completed", "ready_for_complete": "failed"}[status]
    assert await kinds(services, session) == ["started", ending]
