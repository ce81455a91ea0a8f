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
from tests.unit.payments.providers import Crowded, ProviderSilent, Silent, Slow
from tests.unit.payments.world import World, capture, card, charge


async def test_the_success_token_holds_the_amount(world: World) -> None:
    held = await world.service().authorise(charge(amount=4999))
    assert (held.payment_id, held.amount) == ("s1", 4999)
    assert await world.ledger() == ["authorise 4999"]
    assert (await world.payment())["status"] == "authorised"


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
    world: World, token: str, rejection: type[Rejection], outcome: str
) -> None:
    for instrument in (card(token), card("success_token")):
        with pytest.raises(rejection):
            await world.service().authorise(charge(instrument=instrument))
    assert (await world.payment())["status"] == "declined"
    assert (await world.attempts())["s1:authorise"]["outcome"] == outcome
    with pytest.raises(PaymentNotPossible):
        await world.service().capture(capture())


@pytest.mark.parametrize(
    "changed",
    [{"handler_id": "com.example.pay"}, {"type": "gift_card"}, {"credential_type": "pan"}],
)
async def test_foreign_instruments_are_not_supported_and_leave_no_trace(
    world: World, changed: dict[str, str]
) -> None:
    with pytest.raises(InstrumentNotSupported):
        await world.service().authorise(charge(instrument=card(**changed)))
    assert await world.payment() == {}


async def test_the_handlers_that_are_declared_are_those_that_work(world: World) -> None:
    declared = [handler.id for handler in HANDLERS]
    assert declared == [SANDBOX_HANDLER] == [world.sandbox.handler_id]


async def test_the_same_step_twenty_times_at_once_charges_once(world: World) -> None:
    provider = Crowded(world.sandbox, 20)
    replicas = [world.service(provider), world.service(provider)]
    answers = await asyncio.gather(*(replicas[i % 2].authorise(charge()) for i in range(20)))
    assert len(set(answers)) == 1
    assert await world.ledger() == ["authorise 1000"]
    assert len(await world.attempts()) == 1


async def test_twenty_declined_at_once_are_all_told_so(world: World) -> None:
    calls = (world.service().authorise(charge(instrument=card("fail_token"))) for _ in range(20))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {PaymentNotAuthorised}


async def test_the_attempt_is_written_down_before_the_provider_is_asked(world: World) -> None:
    provider = Slow(world.sandbox)
    asked = asyncio.create_task(world.service(provider).authorise(charge()))
    await provider.reached.wait()
    assert (await world.payment())["status"] == "authorising"
    assert "outcome" not in (await world.attempts())["s1:authorise"]
    provider.open.set()
    await asked
    assert (await world.attempts())["s1:authorise"]["outcome"] == "held"


@pytest.mark.parametrize("arrives", [True, False])
async def test_an_unknown_outcome_is_settled_by_repeating_the_step(
    world: World, *, arrives: bool
) -> None:
    with pytest.raises(ProviderSilent):
        await world.service(Silent(world.sandbox, arrives=arrives)).authorise(charge())
    assert (await world.payment())["status"] == "authorising"
    await world.service().authorise(charge())
    assert await world.ledger() == ["authorise 1000"]


async def test_a_second_card_is_a_payment_of_its_own(world: World) -> None:
    with pytest.raises(PaymentNotAuthorised):
        await world.service().authorise(charge("s1", instrument=card("fail_token")))
    await world.service().authorise(charge("s2"))
    assert (await world.payment("s1"))["status"] == "declined"
    assert (await world.payment("s2"))["status"] == "authorised"


@pytest.mark.parametrize("first", ["success_token", "fail_token"])
async def test_a_payment_id_belongs_to_the_step_that_came_first(world: World, first: str) -> None:
    await asyncio.gather(
        world.service().authorise(charge(instrument=card(first))), return_exceptions=True
    )
    other = charge().model_copy(update={"key": "s9:authorise"})
    with pytest.raises(PaymentNotPossible):
        await world.service().authorise(other)
    assert await world.ledger("s9") == []


async def test_nothing_to_pay_goes_the_same_way(world: World) -> None:
    await world.service().authorise(charge(amount=0))
    await world.service().capture(capture())
    assert await world.ledger() == ["authorise 0", "capture 0"]


async def test_the_instrument_crosses_the_seam(world: World) -> None:
    payments = client_of(PaymentsApi, Endpoint(PaymentsApi, world.service()))
    assert (await payments.authorise(charge())).amount == 1000
    with pytest.raises(PaymentRefusedForRisk):
        await payments.authorise(charge("s2", instrument=card("fraud_token")))
