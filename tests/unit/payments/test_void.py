"""Undoing an authorisation: whenever it comes, nothing stays held."""

from __future__ import annotations

import asyncio

import pytest

from deployments.foundation.rpc.rejection import StepUndone
from deployments.payments.contract import PaymentNotAuthorised, PaymentNotPossible
from tests.unit.payments.composed_payments import ComposedPayments, capture, card, charge, void
from tests.unit.payments.unreliable_providers import (
    Forgetful,
    ProviderSilent,
    Silent,
    Slow,
    SlowToAnswer,
)


async def outcome(composed: ComposedPayments) -> str | None:
    verdict = await composed.sandbox.look_up("s1:authorise")
    return None if verdict is None else verdict.outcome


async def test_a_void_lets_the_amount_go_once(composed: ComposedPayments) -> None:
    await composed.service().authorise(charge())
    await asyncio.gather(*(composed.service().void(void()) for _ in range(20)))
    assert await composed.ledger() == ["authorise 1000", "void 0"]
    assert (await composed.payment())["status"] == "voided"
    with pytest.raises(StepUndone):
        await composed.service().authorise(charge())


async def test_a_void_that_comes_first_refuses_the_step(composed: ComposedPayments) -> None:
    await composed.service().void(void())
    await composed.service().void(void())
    with pytest.raises(StepUndone):
        await composed.service().authorise(charge())
    assert await composed.ledger() == []
    assert await composed.payment() == {}


async def test_a_declined_payment_needs_no_void_but_gets_its_tombstone(
    composed: ComposedPayments,
) -> None:
    with pytest.raises(PaymentNotAuthorised):
        await composed.service().authorise(charge(instrument=card("fail_token")))
    await composed.service().void(void())
    assert (await composed.payment())["status"] == "declined"
    assert await composed.ledger() == ["authorise 1000"]
    with pytest.raises(StepUndone):
        await composed.service().authorise(charge())


@pytest.mark.parametrize(
    ("arrives", "token", "found"),
    [
        (True, "success_token", "held"),
        (True, "fail_token", "declined"),
        (False, "success_token", "voided"),
    ],
)
async def test_an_unknown_outcome_is_looked_up_and_undone(
    composed: ComposedPayments, *, arrives: bool, token: str, found: str
) -> None:
    silent = composed.service(Silent(composed.sandbox, arrives=arrives))
    with pytest.raises(ProviderSilent):
        await silent.authorise(charge(instrument=card(token)))
    await composed.service().void(void())
    assert await outcome(composed) in {"voided", "declined"}
    assert (await composed.attempts())["s1:authorise"]["outcome"] == found
    assert (await composed.payment())["status"] == "voided"


@pytest.mark.parametrize("provider_class", [Slow, SlowToAnswer])
async def test_a_void_overtakes_an_authorisation_that_is_under_way(
    composed: ComposedPayments, provider_class: type[Slow]
) -> None:
    provider = provider_class(composed.sandbox)
    asked = asyncio.create_task(composed.service(provider).authorise(charge()))
    await provider.reached.wait()
    await composed.service().void(void())
    provider.open.set()
    with pytest.raises(StepUndone):
        await asked
    assert await outcome(composed) == "voided"


async def test_an_authorisation_that_comes_late_lets_go_of_itself(
    composed: ComposedPayments,
) -> None:
    provider = Forgetful(composed.sandbox)
    asked = asyncio.create_task(composed.service(provider).authorise(charge()))
    await provider.reached.wait()
    await composed.service(provider).void(void())
    provider.open.set()
    with pytest.raises(StepUndone):
        await asked
    assert await composed.ledger() == ["authorise 1000", "void 0"]


async def test_a_void_without_an_answer_is_finished_by_repeating_it(
    composed: ComposedPayments,
) -> None:
    await composed.service().authorise(charge())
    with pytest.raises(ProviderSilent):
        await composed.service(Silent(composed.sandbox, arrives=False)).void(void())
    with pytest.raises(PaymentNotPossible, match="voiding"):
        await composed.service().capture(capture())
    await composed.service().void(void())
    assert await composed.ledger() == ["authorise 1000", "void 0"]


async def test_a_capture_that_has_begun_cannot_be_voided(composed: ComposedPayments) -> None:
    await composed.service().authorise(charge())
    provider = Slow(composed.sandbox)
    taking = asyncio.create_task(composed.service(provider).capture(capture()))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible):
        await composed.service().void(void())
    provider.open.set()
    await taking
    with pytest.raises(PaymentNotPossible):
        await composed.service().void(void())
    await composed.service().authorise(charge())
    assert await composed.ledger() == ["authorise 1000", "capture 1000"]


async def test_the_undo_of_another_step_leaves_the_payment_alone(
    composed: ComposedPayments,
) -> None:
    await composed.service().authorise(charge())
    await composed.service().void(void().model_copy(update={"undoes": "s9:authorise"}))
    await composed.service().capture(capture())
