"""The sandbox as a provider: its books, and what it refuses as a bug of the caller."""

from __future__ import annotations

import pytest
from redis.exceptions import ResponseError

from deployments.payments.domain.charges import Charge, Hold
from deployments.payments.records import SandboxRecords
from tests.unit.payments.composed_payments import ComposedPayments, card

HOLD = Hold("s1:authorise", 1000, "USD", None)


def one(token: str = "success_token") -> Charge:
    return Charge("s1:authorise", 1000, "USD", card(token))


async def test_a_key_is_answered_as_it_was_first(composed: ComposedPayments) -> None:
    first = await composed.sandbox.authorise(one())
    assert await composed.sandbox.authorise(one("fail_token")) == first
    assert await composed.sandbox.look_up("s1:authorise") == first
    assert await composed.sandbox.look_up("s2:authorise") is None


async def test_a_void_in_advance_refuses_the_charge(composed: ComposedPayments) -> None:
    await composed.sandbox.void("s1:authorise.void", HOLD)
    assert (await composed.sandbox.authorise(one())).outcome == "voided"
    assert await composed.ledger() == []


async def test_it_lets_nobody_take_or_give_back_too_much(composed: ComposedPayments) -> None:
    with pytest.raises(ResponseError, match="nothing is held"):
        await composed.sandbox.capture("s1:capture", HOLD)
    await composed.sandbox.authorise(one())
    with pytest.raises(ResponseError, match="capture what is held"):
        await composed.sandbox.capture("s1:capture", Hold("s1:authorise", 1001, "USD", None))
    for _ in range(2):
        await composed.sandbox.capture("s1:capture", HOLD)
    with pytest.raises(ResponseError, match="capture what is held"):
        await composed.sandbox.capture("s1:capture2", HOLD)
    with pytest.raises(ResponseError, match="cannot be voided"):
        await composed.sandbox.void("s1:authorise.void", HOLD)
    with pytest.raises(ResponseError, match="refund too high"):
        await composed.sandbox.refund("s1:refund", HOLD, 1001)
    for _ in range(2):
        await composed.sandbox.refund("s1:refund", HOLD, 1000)
    assert await composed.ledger() == ["authorise 1000", "capture 1000", "refund 1000"]


async def test_what_was_given_back_cannot_be_given_back_again(composed: ComposedPayments) -> None:
    await composed.sandbox.authorise(one())
    with pytest.raises(ResponseError, match="refund too high"):
        await composed.sandbox.refund("s1:early", HOLD, 1)
    await composed.sandbox.capture("s1:capture", HOLD)
    await composed.sandbox.refund("s1:first", HOLD, 600)
    with pytest.raises(ResponseError, match="refund too high"):
        await composed.sandbox.refund("s1:second", HOLD, 401)
    await composed.sandbox.refund("s1:third", HOLD, 400)


async def test_what_was_refused_in_advance_is_on_the_books_as_nothing(
    composed: ComposedPayments,
) -> None:
    await composed.sandbox.void("s1:authorise.void", HOLD)
    found = await SandboxRecords(composed.redis).records([HOLD.key])
    assert (found[HOLD.key].outcome, found[HOLD.key].amount) == ("voided", 0)
