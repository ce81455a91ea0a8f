"""Holding an amount: what the tokens mean, and that a key takes effect once."""

from __future__ import annotations

import asyncio

import pytest

from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.foundation.rpc.rejection import Rejection
from deployments.payments.contract import (
    HANDLERS,
    SANDBOX_HANDLER,
    InstrumentNotSupported,
    PaymentNotAuthorised,
    PaymentNotPossible,
    PaymentRefusedForRisk,
    PaymentsApi,
)
from tests.unit.payments.composed_payments import ComposedPayments, capture, card, charge
from tests.unit.payments.unreliable_providers import Crowded, ProviderSilent, Silent, Slow


async def test_the_success_token_holds_the_amount(composed: ComposedPayments) -> None:
    held = await composed.service().authorise(charge(amount=4999))
    assert (held.payment_id, held.amount) == ("s1", 4999)
    assert await composed.ledger() == ["authorise 4999"]
    assert (await composed.payment())["status"] == "authorised"


@pytest.mark.parametrize(
    ("token", "rejection", "outcome"),
    [
        ("fail_token", PaymentNotAuthorised, "declined"),
        ("anything else", PaymentNotAuthorised, "declined"),
        ("", PaymentNotAuthorised, "declined"),
        ("fraud_token", PaymentRefusedForRisk, "refused_for_risk"),
    ],
)
async def test_other_tokens_are_refused_and_stay_so(
    composed: ComposedPayments, token: str, rejection: type[Rejection], outcome: str
) -> None:
    for instrument in (card(token), card("success_token")):
        with pytest.raises(rejection):
            await composed.service().authorise(charge(instrument=instrument))
    assert (await composed.payment())["status"] == "declined"
    assert (await composed.attempts())["s1:authorise"]["outcome"] == outcome
    with pytest.raises(PaymentNotPossible):
        await composed.service().capture(capture())


@pytest.mark.parametrize(
    "changed",
    [{"handler_id": "com.example.pay"}, {"type": "gift_card"}, {"credential_type": "pan"}],
)
async def test_foreign_instruments_are_not_supported_and_leave_no_trace(
    composed: ComposedPayments, changed: dict[str, str]
) -> None:
    with pytest.raises(InstrumentNotSupported):
        await composed.service().authorise(charge(instrument=card(**changed)))
    assert await composed.payment() == {}


async def test_the_handlers_that_are_declared_are_those_that_work(
    composed: ComposedPayments,
) -> None:
    declared = [handler.id for handler in HANDLERS]
    assert declared == [SANDBOX_HANDLER] == [composed.sandbox.handler_id]


async def test_the_same_step_twenty_times_at_once_charges_once(composed: ComposedPayments) -> None:
    provider = Crowded(composed.sandbox, 20)
    replicas = [composed.service(provider), composed.service(provider)]
    answers = await asyncio.gather(*(replicas[i % 2].authorise(charge()) for i in range(20)))
    assert len(set(answers)) == 1
    assert await composed.ledger() == ["authorise 1000"]
    assert len(await composed.attempts()) == 1


async def test_twenty_declined_at_once_are_all_told_so(composed: ComposedPayments) -> None:
    calls = (composed.service().authorise(charge(instrument=card("fail_token"))) for _ in range(20))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {PaymentNotAuthorised}


async def test_the_attempt_is_written_down_before_the_provider_is_asked(
    composed: ComposedPayments,
) -> None:
    provider = Slow(composed.sandbox)
    asked = asyncio.create_task(composed.service(provider).authorise(charge()))
    await provider.reached.wait()
    assert (await composed.payment())["status"] == "authorising"
    assert "outcome" not in (await composed.attempts())["s1:authorise"]
    provider.open.set()
    await asked
    assert (await composed.attempts())["s1:authorise"]["outcome"] == "held"


@pytest.mark.parametrize("arrives", [True, False])
async def test_an_unknown_outcome_is_settled_by_repeating_the_step(
    composed: ComposedPayments, *, arrives: bool
) -> None:
    with pytest.raises(ProviderSilent):
        await composed.service(Silent(composed.sandbox, arrives=arrives)).authorise(charge())
    assert (await composed.payment())["status"] == "authorising"
    await composed.service().authorise(charge())
    assert await composed.ledger() == ["authorise 1000"]


async def test_a_second_card_is_a_payment_of_its_own(composed: ComposedPayments) -> None:
    with pytest.raises(PaymentNotAuthorised):
        await composed.service().authorise(charge("s1", instrument=card("fail_token")))
    await composed.service().authorise(charge("s2"))
    assert (await composed.payment("s1"))["status"] == "declined"
    assert (await composed.payment("s2"))["status"] == "authorised"


@pytest.mark.parametrize("first", ["success_token", "fail_token"])
async def test_a_payment_id_belongs_to_the_step_that_came_first(
    composed: ComposedPayments, first: str
) -> None:
    await asyncio.gather(
        composed.service().authorise(charge(instrument=card(first))), return_exceptions=True
    )
    other = charge().model_copy(update={"key": "s9:authorise"})
    with pytest.raises(PaymentNotPossible):
        await composed.service().authorise(other)
    assert await composed.ledger("s9") == []


async def test_it_is_theirs_while_the_provider_is_asked(composed: ComposedPayments) -> None:
    provider = Slow(composed.sandbox)
    first = asyncio.create_task(composed.service(provider).authorise(charge()))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible):
        await composed.service().authorise(charge().model_copy(update={"key": "s9:authorise"}))
    provider.open.set()
    assert (await first).payment_id == "s1"
    assert await composed.ledger("s9") == []


async def test_nothing_to_pay_goes_the_same_way(composed: ComposedPayments) -> None:
    await composed.service().authorise(charge(amount=0))
    await composed.service().capture(capture())
    assert await composed.ledger() == ["authorise 0", "capture 0"]


async def test_the_instrument_crosses_the_seam(composed: ComposedPayments) -> None:
    payments = client_of(PaymentsApi, Endpoint(PaymentsApi, composed.service()))
    assert (await payments.authorise(charge())).amount == 1000
    with pytest.raises(PaymentRefusedForRisk):
        await payments.authorise(charge("s2", instrument=card("fraud_token")))
