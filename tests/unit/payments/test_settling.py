"""Capture and refund: in full and once, and never more back than was taken."""

from __future__ import annotations

import asyncio

import pytest

from deployments.payments.contract import PaymentNotPossible, Settled
from tests.unit.payments.providers import Crowded, ProviderSilent, Silent, Slow, SlowToAnswer
from tests.unit.payments.world import World, capture, charge, refund, void


async def captured(world: World, amount: int = 1000) -> None:
    await world.service().authorise(charge(amount=amount))
    await world.service().capture(capture())


async def test_a_capture_takes_the_whole_amount_once(world: World) -> None:
    await captured(world)
    await asyncio.gather(*(world.service().capture(capture()) for _ in range(20)))
    assert await world.ledger() == ["authorise 1000", "capture 1000"]
    payment = await world.payment()
    assert (payment["status"], payment["captured"]) == ("captured", "1000")


async def test_twenty_captures_at_once_take_it_once(world: World) -> None:
    await world.service().authorise(charge())
    provider = Crowded(world.sandbox, 20)
    await asyncio.gather(*(world.service(provider).capture(capture()) for _ in range(20)))
    assert await world.ledger() == ["authorise 1000", "capture 1000"]
    assert (await world.payment())["captured"] == "1000"


async def test_a_capture_under_another_key_is_refused_before_and_after(world: World) -> None:
    await world.service().authorise(charge())
    provider = Slow(world.sandbox)
    first = asyncio.create_task(world.service(provider).capture(capture()))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible, match="capturing"):
        await world.service().capture(capture(step="again"))
    provider.open.set()
    await first
    with pytest.raises(PaymentNotPossible, match="captured"):
        await world.service().capture(capture(step="again"))
    assert await world.ledger() == ["authorise 1000", "capture 1000"]


async def test_a_capture_stands_when_a_repeated_authorisation_comes_back_late(
    world: World,
) -> None:
    provider = SlowToAnswer(world.sandbox)
    late = asyncio.create_task(world.service(provider).authorise(charge()))
    await provider.reached.wait()
    await captured(world)
    provider.open.set()
    assert (await late).amount == 1000
    assert (await world.payment())["status"] == "captured"


async def test_what_is_not_held_is_not_captured(world: World) -> None:
    with pytest.raises(PaymentNotPossible):
        await world.service().capture(capture())
    await world.service().authorise(charge())
    await world.service().void(void())
    with pytest.raises(PaymentNotPossible, match="voided"):
        await world.service().capture(capture())


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_capture_without_an_answer_is_finished_by_repeating_it(
    world: World, *, arrives: bool
) -> None:
    await world.service().authorise(charge())
    with pytest.raises(ProviderSilent):
        await world.service(Silent(world.sandbox, arrives=arrives)).capture(capture())
    assert (await world.payment())["status"] == "capturing"
    await world.service().capture(capture())
    assert await world.ledger() == ["authorise 1000", "capture 1000"]


async def test_refunds_in_parts_up_to_what_was_captured(world: World) -> None:
    await captured(world)
    await world.service().refund(refund(400, "first"))
    await world.service().refund(refund(400, "first"))
    await world.service().refund(refund(600, "second"))
    with pytest.raises(PaymentNotPossible):
        await world.service().refund(refund(1, "third"))
    assert await world.ledger() == [
        "authorise 1000",
        "capture 1000",
        "refund 400",
        "refund 600",
    ]
    payment = await world.payment()
    assert (payment["refunded"], payment["refunding"]) == ("1000", "0")


async def test_a_refund_that_is_under_way_counts(world: World) -> None:
    await captured(world)
    provider = SlowToAnswer(world.sandbox)
    first = asyncio.create_task(world.service(provider).refund(refund(600, "first")))
    await provider.reached.wait()
    with pytest.raises(PaymentNotPossible):
        await world.service().refund(refund(600, "second"))
    provider.open.set()
    await first


async def test_refunds_at_once_never_exceed_what_was_captured(world: World) -> None:
    await captured(world)
    calls = (world.service().refund(refund(300, f"refund{n}")) for n in range(10))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers].count(Settled) == 3
    assert (await world.ledger())[2:] == ["refund 300"] * 3


async def test_the_same_refund_at_once_is_given_once(world: World) -> None:
    await captured(world)
    provider = Crowded(world.sandbox, 20)
    await asyncio.gather(*(world.service(provider).refund(refund(300)) for _ in range(20)))
    assert (await world.ledger())[2:] == ["refund 300"]
    payment = await world.payment()
    assert (payment["refunded"], payment["refunding"]) == ("300", "0")


async def test_a_repeated_refund_gives_back_what_it_first_said(world: World) -> None:
    await captured(world)
    with pytest.raises(ProviderSilent):
        await world.service(Silent(world.sandbox, arrives=False)).refund(refund(300))
    await world.service().refund(refund(900))
    assert (await world.ledger())[2:] == ["refund 300"]


async def test_there_is_nothing_to_refund_before_the_capture(world: World) -> None:
    with pytest.raises(PaymentNotPossible):
        await world.service().refund(refund(1))
    await world.service().authorise(charge())
    with pytest.raises(PaymentNotPossible):
        await world.service().refund(refund(1))


async def test_nothing_can_be_given_back_of_nothing(world: World) -> None:
    await captured(world, amount=0)
    with pytest.raises(PaymentNotPossible):
        await world.service().refund(refund(1))
