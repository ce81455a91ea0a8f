"""A service that checkout calls is newer, and says no for a reason that checkout does not know."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.detach import finish_detached
from deployments.foundation.rpc.rejection import Rejection, from_wire
from tests.unit.checkout.services import Crash, Services
from tests.unit.checkout.shopping import (
    assert_books_are_straight,
    completing,
    ready,
    recover,
    seen,
)

SENTENCE = "The card has expired. Use another one."


def expired() -> Rejection:
    """As it arrives from a newer version of payments."""
    body = f'{{"sentence": "{SENTENCE}", "month": 5, "public_code": "payment_failed"}}'
    return from_wire("payments.card_expired", body.encode())


async def test_its_sentence_is_told_and_the_session_is_free_again(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout, codes=("ONCE",))
    services.payments.before["authorise"] = expired
    rejected = await services.checkout.complete(completing(session))
    assert rejected.status == "ready_for_complete"
    assert [(no.code, no.content) for no in rejected.errors] == [("payment_failed", SENTENCE)]
    services.payments.heal()
    assert (await services.checkout.complete(completing(session))).status == "completed"
    await finish_detached()
    await assert_books_are_straight(services, admin, [session])


async def test_it_is_read_from_a_saga_that_another_process_stored(
    services: Services, admin: Redis
) -> None:
    session = await ready(services.checkout, codes=("ONCE",))
    services.payments.before["authorise"] = expired
    services.payments.before["void"] = Crash
    with pytest.raises(Crash):
        await services.checkout.complete(completing(session))
    await finish_detached()
    services.payments.heal()
    await recover(services)
    found = await seen(services.checkout, session)
    assert [(no.code, no.content) for no in found.errors] == [("payment_failed", SENTENCE)]
    assert await assert_books_are_straight(services, admin, [session]) == []
