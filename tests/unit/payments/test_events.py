"""Payments publish what becomes of the money, once, when the provider has said so."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from deployments.foundation.events.publishing import event_of
from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.payments.contract import PaymentNotPossible
from deployments.payments.events import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
)
from tests.published_events import published
from tests.unit.payments.composed_payments import (
    AUTHOR,
    ComposedPayments,
    capture,
    card,
    charge,
    refund,
    void,
)
from tests.unit.payments.unreliable_providers import Crowded, ProviderSilent, Silent, Slow


async def kinds(composed: ComposedPayments, payment_id: str = "s1") -> list[str]:
    events = await published(composed.redis, "payments")
    return [event.type.split(".")[-2] for event in events if event.subject == payment_id]


async def test_a_payments_way_is_published_step_by_step_and_once(
    composed: ComposedPayments,
) -> None:
    for replica in (composed.service(), composed.service()):
        await asyncio.gather(*(replica.authorise(charge()) for _ in range(5)))
        await asyncio.gather(*(replica.capture(capture()) for _ in range(5)))
        await asyncio.gather(*(replica.refund(refund(300, "first")) for _ in range(5)))
        await asyncio.gather(*(replica.refund(refund(200, "second")) for _ in range(5)))
    events = await published(composed.redis, "payments")
    about = {"payment_id": "s1", "checkout_id": "checkout_1", "amount": 1000, "currency": "USD"}
    authorised, captured, first, second = events
    assert event_of(authorised, PaymentAuthorised) == PaymentAuthorised.model_validate(about)
    assert event_of(captured, PaymentCaptured) == PaymentCaptured.model_validate(about)
    refunds = [event_of(event, PaymentRefunded) for event in (first, second)]
    assert [(event.refund, event.refunded) for event in refunds] == [(300, 300), (200, 500)]


@pytest.mark.parametrize(
    ("token", "reason"), [("fail_token", "declined"), ("fraud_token", "refused_for_risk")]
)
async def test_a_rejection_of_the_provider_is_published_with_its_reason(
    composed: ComposedPayments, token: str, reason: str
) -> None:
    for _ in range(3):
        with pytest.raises(Rejection):
            await composed.service().authorise(charge(instrument=card(token)))
    await composed.service().void(void())
    (event,) = await published(composed.redis, "payments")
    assert event_of(event, PaymentDeclined).reason == reason
    assert token not in str(event)


async def test_a_void_is_published_once_however_many_ask(composed: ComposedPayments) -> None:
    await composed.service().authorise(charge())
    provider = Crowded(composed.sandbox, 10)
    await asyncio.gather(*(composed.service(provider).void(void()) for _ in range(10)))
    await composed.service().void(void())
    with pytest.raises(StepUndone):
        await composed.service().authorise(charge())
    assert await kinds(composed) == ["authorised", "voided"]
    assert await published(composed.redis, "payments", PaymentVoided.type)


async def test_a_void_of_nothing_publishes_nothing(composed: ComposedPayments) -> None:
    await composed.service().void(void())
    with pytest.raises(StepUndone):
        await composed.service().authorise(charge())
    assert await kinds(composed) == []


async def test_steps_at_the_provider_at_once_are_published_once(composed: ComposedPayments) -> None:
    await composed.service(Crowded(composed.sandbox, 1)).authorise(charge())
    taking = Crowded(composed.sandbox, 10)
    await asyncio.gather(*(composed.service(taking).capture(capture()) for _ in range(10)))
    giving = Crowded(composed.sandbox, 10)
    await asyncio.gather(*(composed.service(giving).refund(refund(300)) for _ in range(10)))
    assert await kinds(composed) == ["authorised", "captured", "refunded"]


@pytest.mark.parametrize("arrives", [True, False])
async def test_what_the_provider_did_not_answer_is_published_when_it_does(
    composed: ComposedPayments, *, arrives: bool
) -> None:
    silent = composed.service(Silent(composed.sandbox, arrives=arrives))
    with pytest.raises(ProviderSilent):
        await silent.authorise(charge())
    assert await kinds(composed) == []
    await composed.service().authorise(charge())
    with pytest.raises(ProviderSilent):
        await silent.capture(capture())
    assert await kinds(composed) == ["authorised"]
    await composed.service().capture(capture())
    with pytest.raises(ProviderSilent):
        await silent.refund(refund(300))
    assert await kinds(composed) == ["authorised", "captured"]
    await composed.service().refund(refund(300))
    assert await kinds(composed) == ["authorised", "captured", "refunded"]


async def test_an_authorisation_that_was_overtaken_by_its_undo_is_only_voided(
    composed: ComposedPayments,
) -> None:
    provider = Slow(composed.sandbox)
    asked = asyncio.create_task(composed.service(provider).authorise(charge()))
    await provider.reached.wait()
    await composed.service().void(void())
    provider.open.set()
    with pytest.raises(StepUndone):
        await asked
    assert await kinds(composed) == ["voided"]


async def test_what_is_not_possible_is_not_published(composed: ComposedPayments) -> None:
    with pytest.raises(PaymentNotPossible):
        await composed.service().capture(capture())
    await composed.service().authorise(charge())
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(1))
    await composed.service().capture(capture())
    with pytest.raises(PaymentNotPossible):
        await composed.service().void(void())
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(1001))
    assert await kinds(composed) == ["authorised", "captured"]


async def test_whatever_comes_at_once_the_publications_say_where_the_money_is(
    composed: ComposedPayments,
) -> None:
    async def pay(saga: str) -> None:
        with suppress(Rejection):
            await composed.service().authorise(charge(saga))
            await composed.service().capture(capture(saga))

    async def undo(saga: str) -> None:
        with suppress(Rejection):
            await composed.service().void(void(saga))

    for n in range(20):
        saga = f"s{n}"
        await asyncio.gather(*(undo(saga) if k == n % 4 else pay(saga) for k in range(4)))
        status = (await composed.payment(saga)).get("status")
        told = await kinds(composed, saga)
        assert told[-1:] == ([status] if status else [])
        assert told in ([], ["voided"], ["authorised", "voided"], ["authorised", "captured"])


async def test_a_refund_tells_who_decided_upon_it_and_what_was_before(
    composed: ComposedPayments,
) -> None:
    await composed.service().authorise(charge())
    await composed.service().capture(capture())
    await composed.service().refund(refund(300, "first"))
    by = {"author": AUTHOR, "reason": "The lens is scratched"}
    await composed.service().refund(refund(200, "second").model_copy(update=by))
    *_, first, second = await published(composed.redis, "payments")
    assert event_of(first, PaymentRefunded).change is None
    change = event_of(second, PaymentRefunded).change
    assert change is not None
    assert (change.author, change.reason) == (AUTHOR, "The lens is scratched")
    assert (change.subject, change.action) == ("payments/payment/s1", "refunded")
    assert (change.before, change.after) == ({"refunded": 300}, {"refunded": 500})
