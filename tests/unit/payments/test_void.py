"""Undoing an authorisation: whenever it comes, nothing stays held."""

from __future__ import annotations

import asyncio

import pytest

from deployments.foundation.rpc.rejection import StepUndone
from deployments.payments.contract import PaymentNotAuthorised, PaymentNotPossible
from tests.unit.payments.providers import Forgetful, ProviderSilent, Silent, Slow, SlowToAnswer
from tests.unit.payments.world import World, capture, card, charge, void


async def outcome(world: World) -> str | None:
    verdict = await world.sandbox.look_up("s1:authorise")
    return None if verdict is None else verdict.outcome


async def test_a_void_lets_the_amount_go_once(world: World) -> None:
    await world.service().authorise(charge())
    await asyncio.gather(*(world.service().void(void()) for _ in range(20)))
    assert await world.ledger() == ["authorise 1000", "void 0"]
    assert (await world.payment())["status"] == "voided"
    with pytest.raises(StepUndone):
        await world.service().authorise(charge())


async def test_a_void_that_comes_first_refuses_the_step(world: World) -> None:
    await world.service().void(void())
    await world.service().void(void())
    with pytest.raises(StepUndone):
        await world.service().authorise(charge())
    assert await world.ledger() == []
    assert await world.payment() == {}


async def test_a_declined_payment_needs_no_void_but_gets_its_tombstone(world: World) -> None:
    with pytest.raises(PaymentNotAuthorised):
        await world.service().authorise(charge(instrument=card("fail_token")))
    await world.service().void(void())
    assert (await world.payment())["status"] == "declined"
    assert await world.ledger() == ["authorise 1000"]
    with pytest.raises(StepUndone):
        await world.service().authorise(charge())


@pytest.mark.parametrize(
    ("arrives", "token", "found"),
    [
        (True, "success_token", "held"),
        (True, "fail_token", "declined"),
        (False, "success_token", "voided"),
    ],
)
async def test_an_unknown_outcome_is_looked_up_and_undone(
    world: World, *, arrives: bool, token: str, found: str
) -> None:
    silent = world.service(Silent(world.sandbox, arrives=arrives))
    with pytest.raises(ProviderSilent):
        await silent.authorise(charge(instrument=card(token)))
    await world.service().void(void())
    assert await outcome(world) in {"voided", "declined"}
    assert (await world.attempts())["s1:authorise"]["outcome"] == found
    assert (await world.payment())["status"] == "voided"


@pytest.mark.parametrize("provider_class", [Slow, SlowToAnswer])
async def test_a_void_overtakes_an_authorisation_that_is_under_way(
    world: World, provider_class: type[Slow]
) -> None:
    provider = provider_class(world.sandbox)
    asked = asyncio.create_task(world.service(provider).authorise(charge()))
    await provider.reached.wait()
    await world.service().void(void())
    provider.open.set()
    with pytest.raises(StepUndone):
        await asked
    assert await outcome(world) == "voided"


async def test_an_authorisation_that_comes_late_lets_go_of_itself(world: World) -> None:
    provider = Forgetful(world.sandbox)
    asked = asyncio.create_task(world.service(provider).authorise(charge()))
    await provider.reached.wait()
    await world.service(provider).void(void())
    provider.open.set()
    with pytest.raises(StepUndone):
        await asked
    assert await world.ledger() == ["authorise 1000", "void 0"]


async def test_a_void_without_an_answer_is_finished_by_repeating_it(world: World) -> None:
    await world.service().authorise(charge())
    with pytest.raises(ProviderSilent):
        await world.service(Silent(world.sandbox, arrives=False)).void(void())
    with pytest.raises(PaymentNotPossible, match="voiding"):
        await world.service().capture(capture())
    await world.service().void(void())
    assert await world.ledger() == ["authorise 1000", "void 0"]


async def test_a_capture_that_has_begun_cannot_be_voided(world: World) -> None:
    await world.service().authorise(charge())
    provider = Slow(world.sandbox)
    taking = asyncio.create_task(world.service(provider).capture(capture()))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible):
        await world.service().void(void())
    provider.open.set()
    await taking
    with pytest.raises(PaymentNotPossible):
        await world.service().void(void())
    await world.service().authorise(charge())
    assert await world.ledger() == ["authorise 1000", "capture 1000"]


async def test_the_undo_of_another_step_leaves_the_payment_alone(world: World) -> None:
    await world.service().authorise(charge())
    await world.service().void(void().model_copy(update={"undoes": "s9:authorise"}))
    await world.service().capture(capture())
