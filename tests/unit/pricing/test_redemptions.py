"""Redeeming codes as a saga's step: limits hold, and what was claimed comes back once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.foundation.values.ids import new_id
from deployments.pricing.contract import (
    CodeUnavailable,
    ImportRules,
    PricingApi,
    RedeemCodes,
    Redeemed,
    UndoRedemption,
)
from deployments.pricing.records import PricingRecords
from deployments.pricing.service import PricingService
from tests.conftest import ClientOf
from tests.unit.pricing.conftest import Replica
from tests.unit.pricing.sample_rules import CODES, line, percent_code, request, shipping_code

LIMIT = 10


@pytest.fixture
async def store(pricing: PricingService) -> PricingService:
    await pricing.import_rules(ImportRules(batch="codes", codes=CODES))
    return pricing


async def redeem(pricing: PricingApi, saga: str, *codes: str) -> Redeemed | Rejection:
    try:
        return await pricing.redeem(RedeemCodes(key=f"{saga}:redeem", codes=codes))
    except Rejection as rejection:
        return rejection


async def undo(pricing: PricingApi, saga: str) -> Redeemed:
    return await pricing.undo_redemption(UndoRedemption(undoes=f"{saga}:redeem"))


@pytest.fixture
def records(redis_of: ClientOf) -> PricingRecords:
    return PricingRecords(redis_of("pricing"))


async def proof(records: PricingRecords, code: str) -> set[str]:
    """The steps that stand for a folded code, whose number must be the one that is counted."""
    standing = {step async for steps in records.redeeming_steps(code) for step in steps}
    assert (await records.records([code]))[code].redeemed == len(standing)
    return standing


async def is_usable(pricing: PricingApi, code: str) -> bool:
    answer = await pricing.price(request(line("bike", 1, 5000), codes=(code,), shipping=1))
    return not answer.rejected


async def test_ten_redemptions_and_a_hundred_buyers(
    store: PricingService, replica: Replica
) -> None:
    replicas = [store, replica(), replica()]
    outcomes = await asyncio.gather(
        *(redeem(replicas[n % 3], f"saga-{n}", "limited", "FREESHIP") for n in range(100))
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Redeemed: 10, CodeUnavailable: 90}
    assert not await is_usable(store, "LIMITED")
    assert await is_usable(store, "FREESHIP")


async def test_a_redemption_is_proved_by_its_step_until_it_is_given_back(
    store: PricingService, records: PricingRecords
) -> None:
    await redeem(store, "one", "LIMITED", "FREESHIP")
    await redeem(store, "two", "LIMITED")
    assert await proof(records, "limited") == {"one:redeem", "two:redeem"}
    assert await proof(records, "freeship") == {"one:redeem"}
    await undo(store, "one")
    assert await proof(records, "limited") == {"two:redeem"}
    assert await proof(records, "freeship") == set()


async def test_what_was_refused_is_proved_by_nothing(
    store: PricingService, records: PricingRecords
) -> None:
    await undo(store, "undone")
    await redeem(store, "undone", "LIMITED")
    await redeem(store, "refused", "LIMITED", "OLD")
    assert await proof(records, "limited") == set()


async def test_a_repeated_step_claims_once(store: PricingService) -> None:
    outcomes = await asyncio.gather(*(redeem(store, "saga", "LIMITED") for _ in range(20)))
    assert outcomes == [Redeemed()] * 20
    others = [await redeem(store, f"other-{n}", "LIMITED") for n in range(LIMIT - 1)]
    assert others == [Redeemed()] * (LIMIT - 1)
    assert isinstance(await redeem(store, "late", "LIMITED"), CodeUnavailable)


async def test_a_code_named_twice_is_claimed_once(store: PricingService) -> None:
    for n in range(LIMIT):
        assert await redeem(store, f"saga-{n}", "LIMITED", "limited ") == Redeemed()


async def test_a_repetition_is_answered_after_the_code_is_used_up(store: PricingService) -> None:
    for n in range(LIMIT):
        await redeem(store, f"saga-{n}", "LIMITED")
    assert await redeem(store, "saga-0", "LIMITED") == Redeemed()


async def test_all_codes_are_claimed_or_none(store: PricingService) -> None:
    limited = (percent_code("ONE", "5", max_redemptions=1), shipping_code("S", max_redemptions=1))
    await store.import_rules(ImportRules(batch="limited", codes=limited))
    await redeem(store, "first", "ONE")
    rejection = await redeem(store, "second", "S", "one")
    assert isinstance(rejection, CodeUnavailable)
    assert rejection.unavailable == "one"
    assert await is_usable(store, "S")


@pytest.mark.parametrize("code", ["OLD", "SOON", "unknown"])
async def test_a_code_that_does_not_hold_is_not_redeemed(store: PricingService, code: str) -> None:
    assert isinstance(await redeem(store, "saga", code), CodeUnavailable)


async def test_a_step_without_codes_is_a_step(store: PricingService) -> None:
    assert await redeem(store, "saga") == Redeemed()
    await undo(store, "saga")
    assert isinstance(await redeem(store, "saga"), StepUndone)


async def test_what_is_given_back_can_be_claimed_by_one_other(store: PricingService) -> None:
    for n in range(LIMIT):
        await redeem(store, f"saga-{n}", "LIMITED")
    await asyncio.gather(*(undo(store, "saga-3") for _ in range(20)))
    assert await redeem(store, "next", "LIMITED") == Redeemed()
    assert isinstance(await redeem(store, "last", "LIMITED"), CodeUnavailable)


async def test_a_step_that_arrives_after_its_undo_is_refused(store: PricingService) -> None:
    await undo(store, "saga")
    assert isinstance(await redeem(store, "saga", "LIMITED"), StepUndone)
    for n in range(LIMIT):
        assert await redeem(store, f"saga-{n}", "LIMITED") == Redeemed()


async def test_an_undone_step_is_not_taken_again(store: PricingService) -> None:
    await redeem(store, "saga", "LIMITED")
    await undo(store, "saga")
    assert isinstance(await redeem(store, "saga", "LIMITED"), StepUndone)


async def test_undoing_a_refused_step_gives_nothing_back(store: PricingService) -> None:
    for n in range(LIMIT):
        await redeem(store, f"saga-{n}", "LIMITED")
    await redeem(store, "refused", "LIMITED")
    await undo(store, "refused")
    assert isinstance(await redeem(store, "next", "LIMITED"), CodeUnavailable)


async def test_importing_a_code_again_keeps_its_redemptions(store: PricingService) -> None:
    for n in range(LIMIT):
        await redeem(store, f"saga-{n}", "LIMITED")
    raised = percent_code("limited", "20", max_redemptions=LIMIT + 1)
    await store.import_rules(ImportRules(batch="raised", codes=(raised,)))
    assert await redeem(store, "one-more", "LIMITED") == Redeemed()
    assert isinstance(await redeem(store, "last", "LIMITED"), CodeUnavailable)


Step = tuple[str, str]
steps = st.lists(
    st.tuples(st.sampled_from(["redeem", "undo"]), st.sampled_from("abcdef")), max_size=40
)


@pytest.fixture
def fresh_code(store: PricingService) -> Callable[[], str]:
    """Names for codes and sagas that the store has not seen."""
    assert store
    return lambda: new_id("fresh")


@given(steps)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_the_model_of_a_code_with_three_redemptions(
    store: PricingService,
    records: PricingRecords,
    fresh_code: Callable[[], str],
    history: list[Step],
) -> None:
    code = fresh_code()
    rule = percent_code(code, "10", max_redemptions=3)
    await store.import_rules(ImportRules(batch=code, codes=(rule,)))
    claimed: set[str] = set()
    undone: set[str] = set()
    for action, saga in history:
        key = f"{code}-{saga}"
        if action == "undo":
            await undo(store, key)
            undone.add(saga)
            claimed.discard(saga)
            continue
        outcome = await redeem(store, key, code)
        if saga in undone:
            assert isinstance(outcome, StepUndone)
        elif saga in claimed or len(claimed) < 3:
            assert outcome == Redeemed()
            claimed.add(saga)
        else:
            assert isinstance(outcome, CodeUnavailable)
        assert await is_usable(store, code) == (len(claimed) < 3)
        assert await proof(records, code) == {f"{code}-{saga}:redeem" for saga in claimed}


@given(steps)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_whatever_is_concurrent_the_count_is_that_of_the_claims_that_stand(
    store: PricingService,
    records: PricingRecords,
    fresh_code: Callable[[], str],
    history: list[Step],
) -> None:
    code = fresh_code()
    rule = percent_code(code, "10", max_redemptions=3)
    await store.import_rules(ImportRules(batch=code, codes=(rule,)))
    await asyncio.gather(
        *(
            undo(store, f"{code}-{saga}")
            if action == "undo"
            else redeem(store, f"{code}-{saga}", code)
            for action, saga in history
        )
    )
    claimed = {f"{code}-{saga}:redeem" for action, saga in history if action == "redeem"}
    assert await proof(records, code) <= claimed
    for saga in "abcdef":
        await undo(store, f"{code}-{saga}")
    assert await proof(records, code) == set()
    outcomes = [await redeem(store, f"{code}-new-{n}", code) for n in range(4)]
    assert [type(outcome) for outcome in outcomes] == [Redeemed] * 3 + [CodeUnavailable]
