"""Capture and refund: in full and once, and never more back than was taken."""

from __future__ import annotations

import asyncio

import pytest

from deployments.payments.contract import GetPayment, PaymentNotFound, PaymentNotPossible, Settled
from tests.unit.payments.composed_payments import ComposedPayments, capture, charge, refund, void
from tests.unit.payments.unreliable_providers import (
    Crowded,
    ProviderSilent,
    Silent,
    Slow,
    SlowToAnswer,
)


async def captured(composed: ComposedPayments, amount: int = 1000) -> None:
    await composed.service().authorise(charge(amount=amount))
    await composed.service().capture(capture())


async def test_a_capture_takes_the_whole_amount_once(composed: ComposedPayments) -> None:
    await captured(composed)
    await asyncio.gather(*(composed.service().capture(capture()) for _ in range(20)))
    assert await composed.ledger() == ["authorise 1000", "capture 1000"]
    payment = await composed.payment()
    assert (payment["status"], payment["captured"]) == ("captured", "1000")


async def test_twenty_captures_at_once_take_it_once(composed: ComposedPayments) -> None:
    await composed.service().authorise(charge())
    provider = Crowded(composed.sandbox, 20)
    await asyncio.gather(*(composed.service(provider).capture(capture()) for _ in range(20)))
    assert await composed.ledger() == ["authorise 1000", "capture 1000"]
    assert (await composed.payment())["captured"] == "1000"


async def test_a_capture_under_another_key_is_refused_before_and_after(
    composed: ComposedPayments,
) -> None:
    await composed.service().authorise(charge())
    provider = Slow(composed.sandbox)
    first = asyncio.create_task(composed.service(provider).capture(capture()))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible, match="capturing"):
        await composed.service().capture(capture(step="again"))
    provider.open.set()
    await first
    with pytest.raises(PaymentNotPossible, match="captured"):
        await composed.service().capture(capture(step="again"))
    assert await composed.ledger() == ["authorise 1000", "capture 1000"]


async def test_a_capture_stands_when_a_repeated_authorisation_comes_back_late(
    composed: ComposedPayments,
) -> None:
    provider = SlowToAnswer(composed.sandbox)
    late = asyncio.create_task(composed.service(provider).authorise(charge()))
    await provider.reached.wait()
    await captured(composed)
    provider.open.set()
    assert (await late).amount == 1000
    assert (await composed.payment())["status"] == "captured"


async def test_what_is_not_held_is_not_captured(composed: ComposedPayments) -> None:
    with pytest.raises(PaymentNotPossible):
        await composed.service().capture(capture())
    await composed.service().authorise(charge())
    await composed.service().void(void())
    with pytest.raises(PaymentNotPossible, match="voided"):
        await composed.service().capture(capture())


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_capture_without_an_answer_is_finished_by_repeating_it(
    composed: ComposedPayments, *, arrives: bool
) -> None:
    await composed.service().authorise(charge())
    with pytest.raises(ProviderSilent):
        await composed.service(Silent(composed.sandbox, arrives=arrives)).capture(capture())
    assert (await composed.payment())["status"] == "capturing"
    await composed.service().capture(capture())
    assert await composed.ledger() == ["authorise 1000", "capture 1000"]


async def test_refunds_in_parts_up_to_what_was_captured(composed: ComposedPayments) -> None:
    await captured(composed)
    await composed.service().refund(refund(400, "first"))
    await composed.service().refund(refund(400, "first"))
    await composed.service().refund(refund(600, "second"))
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(1, "third"))
    assert await composed.ledger() == [
        "authorise 1000",
        "capture 1000",
        "refund 400",
        "refund 600",
    ]
    payment = await composed.payment()
    assert (payment["refunded"], payment["refunding"]) == ("1000", "0")


async def test_all_of_it_can_be_given_back_at_once(composed: ComposedPayments) -> None:
    await captured(composed)
    await composed.service().refund(refund(1000))
    assert (await composed.ledger())[2:] == ["refund 1000"]


async def test_a_refund_that_is_under_way_counts(composed: ComposedPayments) -> None:
    await captured(composed)
    provider = SlowToAnswer(composed.sandbox)
    first = asyncio.create_task(composed.service(provider).refund(refund(600, "first")))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(600, "second"))
    provider.open.set()
    await first


async def test_refunds_at_once_never_exceed_what_was_captured(composed: ComposedPayments) -> None:
    await captured(composed)
    calls = (composed.service().refund(refund(300, f"refund{n}")) for n in range(10))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers].count(Settled) == 3
    assert (await composed.ledger())[2:] == ["refund 300"] * 3


async def test_the_same_refund_at_once_is_given_once(composed: ComposedPayments) -> None:
    await captured(composed)
    provider = Crowded(composed.sandbox, 20)
    await asyncio.gather(*(composed.service(provider).refund(refund(300)) for _ in range(20)))
    assert (await composed.ledger())[2:] == ["refund 300"]
    payment = await composed.payment()
    assert (payment["refunded"], payment["refunding"]) == ("300", "0")


async def test_a_repeated_refund_gives_back_what_it_first_said(composed: ComposedPayments) -> None:
    await captured(composed)
    with pytest.raises(ProviderSilent):
        await composed.service(Silent(composed.sandbox, arrives=False)).refund(refund(300))
    await composed.service().refund(refund(900))
    assert (await composed.ledger())[2:] == ["refund 300"]


async def test_there_is_nothing_to_refund_before_the_capture(composed: ComposedPayments) -> None:
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(1))
    await composed.service().authorise(charge())
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(1))


async def test_nothing_can_be_given_back_of_nothing(composed: ComposedPayments) -> None:
    await captured(composed, amount=0)
    with pytest.raises(PaymentNotPossible):
        await composed.service().refund(refund(1))


async def test_a_payment_is_shown_with_what_can_still_be_given_back(
    composed: ComposedPayments,
) -> None:
    await captured(composed)
    await composed.service().refund(refund(300))
    shown = await composed.service().payment(GetPayment(payment_id="s1"))
    assert (shown.status, shown.captured, shown.refunded) == ("captured", 1000, 300)
    assert shown.refundable == 700


async def test_a_payment_that_is_none_is_not_found(composed: ComposedPayments) -> None:
    with pytest.raises(PaymentNotFound):
        await composed.service().payment(GetPayment(payment_id="none"))
