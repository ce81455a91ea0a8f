"""Checkout announces what becomes of a session, once, whoever drives and whatever breaks."""

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
from deployments.foundation.calls import NeighbourUnavailable
from deployments.foundation.detach import finish_detached
from deployments.foundation.events import Envelope, fact_of
from deployments.foundation.idempotency import RequestKey
from tests.announced import announced
from tests.unit.checkout.rooms import BIKE, PLATFORM, Crash, Interposed, Rooms
from tests.unit.checkout.shopping import (
    completing,
    contents,
    key,
    ready,
    recover,
    seen,
)


async def told(rooms: Rooms, session: Session) -> list[Envelope]:
    await finish_detached()
    events = await announced(rooms.redis_of("checkout"), "checkout")
    return [event for event in events if event.subject == session.id]


async def kinds(rooms: Rooms, session: Session) -> list[str]:
    return [event.type.split(".")[-2] for event in await told(rooms, session)]


async def test_a_session_of_a_cart_is_announced_when_it_is_new(rooms: Rooms) -> None:
    cart = await rooms.carts.create(CreateCart(platform=PLATFORM, contents=contents()))
    requests = [
        CreateSession(platform=PLATFORM, cart_id=cart.id, contents=contents(), request=request)
        for request in (key("one"), key("one"), key("two"), RequestKey())
    ]
    created = [(await rooms.checkout.create(request)).session for request in requests]
    session = created[0]
    assert {one.id for one in created} == {session.id}
    (event,) = await told(rooms, session)
    assert fact_of(event, CheckoutStarted) == CheckoutStarted(
        session_id=session.id,
        platform=PLATFORM,
        cart_id=cart.id,
        currency="USD",
        total=session.priced.totals.total,
    )


async def test_a_completion_is_announced_once_with_its_order(rooms: Rooms) -> None:
    session = await ready(rooms.checkout)
    request = completing(session, name="once")
    await asyncio.gather(
        *(rooms.replica().complete(request) for _ in range(10)), return_exceptions=True
    )
    done = await rooms.checkout.complete(request)
    with pytest.raises(SessionClosed):
        await rooms.checkout.complete(completing(session))
    started, completed = await told(rooms, session)
    assert started.type == CheckoutStarted.type
    assert done.order is not None
    assert fact_of(completed, CheckoutCompleted) == CheckoutCompleted(
        session_id=session.id,
        platform=PLATFORM,
        order_id=done.order.order_id,
        currency="USD",
        total=done.priced.totals.total,
    )


async def test_a_refusal_is_announced_with_its_code_and_the_session_goes_on(rooms: Rooms) -> None:
    session = await ready(rooms.checkout)
    refused = completing(session, token="fail_token", name="declined")
    for _ in range(2):
        await rooms.checkout.complete(refused)
    rooms.payments.before["authorise"] = lambda: NeighbourUnavailable("payments", "it is down")
    with pytest.raises(NeighbourUnavailable):
        await rooms.checkout.complete(completing(session))
    rooms.payments.heal()
    await rooms.checkout.complete(completing(session))
    assert await kinds(rooms, session) == ["started", "failed", "failed", "completed"]
    failed = (await told(rooms, session))[1:3]
    reasons = [fact_of(event, CheckoutFailed).reason for event in failed]
    assert reasons == ["payment_failed", UNAVAILABLE]


async def test_what_ran_out_meanwhile_is_the_reason(rooms: Rooms) -> None:
    first, second = [await ready(rooms.checkout, sku=BIKE.sku, quantity=2) for _ in range(2)]
    await rooms.checkout.complete(completing(first))
    await rooms.checkout.complete(completing(second))
    failed = (await told(rooms, second))[-1]
    assert fact_of(failed, CheckoutFailed).reason == "out_of_stock"


async def test_a_cancellation_is_announced_once_and_a_replacement_is_not(rooms: Rooms) -> None:
    session = await ready(rooms.checkout)
    changed = ReplaceSession(
        session_id=session.id, platform=PLATFORM, contents=contents(quantity=2)
    )
    await rooms.checkout.replace(changed)
    cancel = CancelSession(session_id=session.id, platform=PLATFORM, request=key("cancel"))
    await asyncio.gather(*(rooms.replica().cancel(cancel) for _ in range(5)))
    with pytest.raises(SessionClosed):
        await rooms.checkout.cancel(cancel.model_copy(update={"request": RequestKey()}))
    started, cancelled = await told(rooms, session)
    assert started.type == CheckoutStarted.type
    assert fact_of(cancelled, CheckoutCancelled) == CheckoutCancelled(
        session_id=session.id, platform=PLATFORM
    )


async def test_only_one_ending_of_a_race_is_announced(rooms: Rooms) -> None:
    for _ in range(5):
        session = await ready(rooms.checkout)
        cancel = CancelSession(session_id=session.id, platform=PLATFORM)
        await asyncio.gather(
            rooms.replica().complete(completing(session)),
            rooms.replica().cancel(cancel),
            rooms.replica().complete(completing(session)),
            return_exceptions=True,
        )
        status = (await seen(rooms.checkout, session)).status
        ending = {"completed": "completed", "canceled": "cancelled"}[status]
        assert await kinds(rooms, session) == ["started", ending]


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
async def test_the_outcome_is_announced_once_when_a_driver_dies(
    rooms: Rooms, where: str, step: str, moment: str
) -> None:
    session = await ready(rooms.checkout)
    room: Interposed = getattr(rooms, where)
    getattr(room, moment)[step] = Crash
    with suppress(Crash):
        await rooms.checkout.complete(completing(session))
    await finish_detached()
    room.heal()
    for _ in range(2):
        await recover(rooms)
    status = (await seen(rooms.checkout, session)).status
    ending = {"completed": "completed", "ready_for_complete": "failed"}[status]
    assert await kinds(rooms, session) == ["started", ending]
