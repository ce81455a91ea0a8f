"""No token, card or key is in anything that the store writes: logs, answers, events or Redis.

The same of the running store's log files is looked for where the running store is tested.
"""

from __future__ import annotations

import json
import logging
import traceback
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import httpx
import pytest
from redis.asyncio import Redis
from starlette.types import ASGIApp

from deployments.checkout.contract import CheckoutApi, CompleteSession, Session
from deployments.checkout.routes import CheckoutRoutes
from deployments.foundation.http.authentication import DEVELOPMENT_KEY, hash_key
from deployments.foundation.http.edge import http_app
from deployments.foundation.http.rate_limits import RateLimits, parse_rates
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.calls import Endpoint
from deployments.orders.deployment import compose
from deployments.payments.domain.charges import Charge, Verdict
from deployments.payments.sandbox import SandboxProvider
from deployments.payments.sandbox_books import SandboxBooks
from tests.conftest import SECRET, ClientOf
from tests.in_process import URL, store_in_process
from tests.integration.shopper import ADDRESS

CARD = "4242424242424242"
DECLINED, REFUSED, GOOD = "tok_declined_93f1", "fraud_token", "success_token"
BUGGY = "tok_that_makes_the_provider_fail"
GUESSED_KEY = "a-key-that-somebody-guessed"
BUYER = {"email": "ada.lovelace@example.com", "first_name": "Ada-Augusta"}
PEOPLE = (*BUYER.values(), ADDRESS["street_address"])
SECRETS = (CARD, DECLINED, REFUSED, GOOD, BUGGY, GUESSED_KEY, DEVELOPMENT_KEY, SECRET)
KEYS = {hash_key(DEVELOPMENT_KEY): "acme"}
Json = dict[str, Any]


class FailingProvider(SandboxProvider):
    """A provider with a bug, of the kind that tells all it knows."""

    async def authorise(self, charge: Charge) -> Verdict:
        if charge.instrument.token.get_secret_value() == BUGGY:
            raise RuntimeError(f"cannot authorise {charge!r}")
        return await super().authorise(charge)


@pytest.fixture
async def store(redis_of: ClientOf) -> AsyncIterator[Host]:
    async with store_in_process(
        redis_of, payments={"provider": FailingProvider(SandboxBooks(redis_of("payments")))}
    ) as store:
        yield store


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that is logged, at any level, with the tracebacks."""
    caplog.set_level(logging.DEBUG)
    for quiet in ("httpx", "httpcore", "asyncio", "hypothesis"):  # The test's own.
        caplog.set_level(logging.WARNING, logger=quiet)
    return lambda: caplog.text


class Client:
    """A platform that keeps all answers."""

    def __init__(self, app: ASGIApp, key: str = DEVELOPMENT_KEY) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"X-API-Key": key}
        self._http = httpx.AsyncClient(transport=transport, base_url=URL, headers=headers)
        self.answers: list[httpx.Response] = []

    async def send(self, method: str, path: str, body: str | Json | None = None) -> Json:
        content = body if isinstance(body, str | None) else json.dumps(body)
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        response = await self._http.request(method, path, content=content, headers=headers)
        self.answers.append(response)
        shown: Json = response.json()
        return shown

    @property
    def told(self) -> str:
        """Everything that it was answered, headers included."""
        return "\n".join(f"{one.headers} {one.text}" for one in self.answers)

    @property
    def statuses(self) -> set[int]:
        return {one.status_code for one in self.answers}


async def open_session(client: Client) -> str:
    session = await client.send(
        "POST",
        "/checkout-sessions",
        {
            "line_items": [{"item": {"id": "TI-M267"}, "quantity": 1}],
            "buyer": BUYER,
            "fulfillment": {
                "methods": [
                    {
                        "type": "shipping",
                        "destinations": [ADDRESS],
                        "groups": [{"id": "package_1", "selected_option_id": "1"}],
                    }
                ]
            },
        },
    )
    return f"/checkout-sessions/{session['id']}"


def payment(credential: object) -> Json:
    instrument = {"id": "card-1", "handler_id": "org.fieldhouse.sandbox", "type": "card"}
    return {"payment": {"instruments": [instrument | {"credential": credential}]}}


def token(text: str) -> Json:
    return payment({"type": "token", "token": text, "number": CARD, "cvc": CARD})


MISTAKES: tuple[str | Json, ...] = (
    token(GOOD * 500),
    payment({"type": "card", "number": CARD, "name": GOOD}),
    payment({"type": [CARD], "token": GOOD}),
    payment({"type": "token", "token": [GOOD, int(CARD)]}),
    payment({"type": "token", "token": {GOOD: CARD}}),
    payment(GOOD),
    {"payment": CARD},
    f'{{"payment": {{"token": "{GOOD}", "number": {CARD}',
    f'{{"payment": "{CARD}\\u0000{GOOD}"}}',
    f'"{GOOD}" "{CARD}"',
)


async def everything_in(redis: Redis) -> str:
    """All keys and values of the server, and the slow commands that it remembers."""
    values: list[object] = [await redis.slowlog_get(1000)]
    async for key in redis.scan_iter(count=1000):
        kind = await redis.type(key)
        if kind == "string":
            value: object = await redis.get(key)
        elif kind == "hash":
            value = await redis.hgetall(key)
        elif kind == "list":
            value = await redis.lrange(key, 0, -1)
        elif kind == "set":
            value = await redis.smembers(key)
        elif kind == "zset":
            value = await redis.zrange(key, 0, -1)
        else:
            value = await redis.xrange(key)
        values.append((key, value))
    return repr(values)


def found(secrets: tuple[str, ...], text: str) -> list[str]:
    return [secret for secret in secrets if secret in text]


async def test_nothing_that_is_written_tells_a_secret(
    store: Host, admin: Redis, logged: Callable[[], str]
) -> None:
    client = Client(store.app())
    session = await open_session(client)
    for mistake in MISTAKES:
        await client.send("POST", f"{session}/complete", mistake)
    assert client.statuses == {201, 400}
    assert (await Client(store.app(), GUESSED_KEY).send("GET", session))["code"] == "unauthorized"
    for attempt in (DECLINED, REFUSED):
        shown = await client.send("POST", f"{session}/complete", token(attempt))
        assert shown["status"] == "ready_for_complete"
    assert (await client.send("POST", f"{session}/complete", token(GOOD)))["order"]
    other = await open_session(client)
    await client.send("POST", f"{other}/complete", token(BUGGY))
    assert client.statuses == {200, 201, 400, 503}

    assert "cannot authorise" in logged(), "the bug was not even logged"
    assert found((*SECRETS, *PEOPLE), logged()) == []
    assert found(SECRETS, client.told) == []
    kept = await everything_in(admin)
    assert BUYER["email"] in kept, "the state was not even looked at"
    assert found(SECRETS, kept) == []


class BuggyCheckout:
    """The part of checkout that sees cards, with a bug of the kind that tells all it knows."""

    async def complete(self, request: CompleteSession) -> Session:
        raise RuntimeError(f"what is this: {request!r}")


async def test_a_bug_at_the_edge_tells_no_secret(logged: Callable[[], str]) -> None:
    routes = CheckoutRoutes(cast(CheckoutApi, BuggyCheckout()), KEYS).routes()
    client = Client(http_app(routes))
    assert (await client.send("POST", "/s/complete", token(GOOD)))["code"] == "internal_error"
    assert found(SECRETS, logged() + client.told) == []
    # What is raised past the edge is what the server logs.
    transport, headers = httpx.ASGITransport(http_app(routes)), {"X-API-Key": DEVELOPMENT_KEY}
    async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as http:
        with pytest.raises(RuntimeError, match="what is this") as raised:
            await http.post("/s/complete", json=token(GOOD))
    assert found(SECRETS, "".join(traceback.format_exception(raised.value))) == []


async def test_a_redis_that_is_away_gives_no_password_away(logged: Callable[[], str]) -> None:
    secret = password("orders", SECRET)
    async with Redis.from_url(f"redis://orders:{secret}@127.0.0.1:1/0") as away:
        limits = RateLimits(away, "orders", KEYS, rates=parse_rates(""))
        routes = compose(away, nowhere).routes
        client = Client(http_app(routes, limits))
        assert (await client.send("GET", "/order_1"))["code"] == "unavailable"
    assert "127.0.0.1" in logged(), "the failure was not even logged"
    assert found((secret, SECRET), logged() + client.told) == []


async def test_a_message_that_cannot_be_read_is_not_logged(logged: Callable[[], str]) -> None:
    endpoint = Endpoint(CheckoutApi, BuggyCheckout())
    body = json.dumps({"instrument": {"token": GOOD, "handler_id": int(CARD)}})
    kind, answer = await endpoint("complete", body.encode(), 1.0)
    assert kind == "failed"
    assert "ValidationError" in logged(), "the failure was not even logged"
    assert found(SECRETS, logged() + answer.decode()) == []
