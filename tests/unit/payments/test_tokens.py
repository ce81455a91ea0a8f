"""The token is used and forgotten: not in Redis, not in logs, not in what is printed."""

from __future__ import annotations

import json
import logging

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from deployments.foundation.rpc.rejection import Rejection
from deployments.payments.contract import AuthorisePayment, Instrument
from deployments.payments.domain.charges import Charge
from tests.unit.payments.composed_payments import (
    ComposedPayments,
    capture,
    card,
    charge,
    refund,
    void,
)
from tests.unit.payments.unreliable_providers import ProviderSilent, Silent

TOKENS = ("success_token", "fail_token", "fraud_token", "tok_4242424242424242")


READERS = {
    "hash": ("HGETALL",),
    "list": ("LRANGE", "0", "-1"),
    "set": ("SMEMBERS",),
    "stream": ("XRANGE", "-", "+"),
    "string": ("GET",),
}


async def everything_in(redis: Redis) -> str:
    """All keys and values of the server, as one text."""
    found = []
    async for key in redis.scan_iter(count=1000):
        command, *span = READERS[str(await redis.type(key))]
        found.append(f"{key} {await redis.execute_command(command, key, *span)}")
    return "\n".join(found)


async def test_no_token_is_in_redis_or_in_the_logs(
    composed: ComposedPayments, admin: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for number, token in enumerate(TOKENS):
        saga, instrument = f"s{number}", card(token)
        for service in (
            composed.service(Silent(composed.sandbox, arrives=True)),
            composed.service(),
        ):
            try:
                await service.authorise(charge(saga, instrument=instrument))
                await service.capture(capture(saga))
                await service.refund(refund(1, saga=saga))
            except (Rejection, ProviderSilent) as outcome:
                logging.getLogger("test").info("%r", outcome)
        if number > 0:
            await composed.service().void(void(saga))
    kept = await everything_in(admin)
    assert "s0:authorise" in kept
    assert not [token for token in TOKENS if token in kept + caplog.text]


@pytest.mark.parametrize("token", TOKENS)
def test_no_token_is_printed(token: str) -> None:
    request = charge(instrument=card(token))
    one = Charge(request.key, request.amount, request.currency, request.instrument)
    printed = f"{request!r} {request} {one!r} {request.model_dump()}"
    assert "s1:authorise" in printed
    assert token not in printed


@pytest.mark.parametrize(
    "wrong", [{"token": "fail_token"}, {"instrument": {"token": "fail_token"}}]
)
@pytest.mark.parametrize("model", [Instrument, AuthorisePayment])
def test_a_message_that_is_not_understood_does_not_show_the_token(
    model: type[Instrument] | type[AuthorisePayment], wrong: dict[str, object]
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate_json(json.dumps(wrong))
    assert "fail_token" not in str(refused.value)
