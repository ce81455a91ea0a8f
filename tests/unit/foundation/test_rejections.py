"""Rejections between versions of the store: their codes stay, whatever their classes become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import httpx
import pytest
from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response

from deployments.foundation.http.edge import http_app
from deployments.foundation.http.operations import Operation
from deployments.foundation.rpc.calls import Endpoint, Reply, client_of
from deployments.foundation.rpc.rejection import (
    BadRejectionCodeError,
    Rejection,
    StepUndone,
    from_wire,
    to_wire,
)
from deployments.foundation.values.message import Message

SENTENCE = "The card has expired. Use another one."
NEWER: Reply = (
    "paying.card_expired",
    to_json({"sentence": SENTENCE, "month": "2026-05", "public_code": "payment_failed"}),
)
"""What a newer dependency sends, whose contract has a rejection that is unknown here."""


@dataclass(eq=False)
class TooDear(Rejection):
    most: int
    code: ClassVar[str] = "paying.too_dear"
    public_code: ClassVar[str] = "amount_too_large"


@dataclass(eq=False)
class NotToday(Rejection):
    code: ClassVar[str] = "paying.not_today"


class Pay(Message):
    amount: int = 1


class PayApi(Protocol):
    async def pay(self, request: Pay) -> Pay: ...


class Newer:
    """A dependency of a newer version."""

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        return NEWER


class Between:
    """A service that calls the newer one and lets its rejections pass."""

    async def pay(self, request: Pay) -> Pay:
        return await client_of(PayApi, Newer()).pay(request)


def assert_plain(rejection: Rejection) -> None:
    assert type(rejection) is Rejection
    assert (rejection.code, rejection.public_code) == ("paying.card_expired", "payment_failed")
    assert rejection.sentence == str(rejection) == SENTENCE


def test_a_rejection_travels_under_its_code() -> None:
    code, body = to_wire(TooDear("Pay less.", most=5))
    assert code == "paying.too_dear"
    assert from_json(body) == {
        "sentence": "Pay less.",
        "most": 5,
        "public_code": "amount_too_large",
    }
    arrived = from_wire(code, body)
    assert isinstance(arrived, TooDear)
    assert arrived.most == 5


def test_clients_see_what_follows_the_service_unless_the_contract_says_otherwise() -> None:
    assert NotToday.public_code == "not_today"
    assert TooDear.public_code == "amount_too_large"


async def test_a_rejection_that_the_caller_does_not_know_is_a_plain_one() -> None:
    with pytest.raises(Rejection) as rejected:
        await client_of(PayApi, Newer()).pay(Pay())
    assert_plain(rejected.value)


async def test_it_stays_what_it_is_over_several_services() -> None:
    with pytest.raises(Rejection) as rejected:
        await client_of(PayApi, Endpoint(PayApi, Between())).pay(Pay())
    assert_plain(rejected.value)


async def test_its_client_is_told_what_it_says() -> None:
    async def pay(_request: Request) -> Response:
        await client_of(PayApi, Newer()).pay(Pay())
        raise AssertionError("it was not rejected")

    route = Operation("POST", "/", pay, id="pay", summary="Pay", answers={200: None})
    transport = httpx.ASGITransport(http_app([route]))
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as client:
        answer = await client.post("/")
    assert answer.status_code == 409
    assert answer.json() == {"code": "payment_failed", "content": SENTENCE}


def test_more_fields_than_are_known_here_do_no_harm() -> None:
    arrived = from_wire("paying.too_dear", b'{"sentence": "Less.", "most": 5, "least": 1}')
    assert isinstance(arrived, TooDear)


@pytest.mark.parametrize("body", [b'{"sentence": "Less."}', b'{"sentence": "Less.", "most": "x"}'])
def test_a_rejection_of_other_fields_than_here_is_a_plain_one(body: bytes) -> None:
    arrived = from_wire("paying.too_dear", body)
    assert (type(arrived), arrived.code, arrived.sentence) == (
        Rejection,
        "paying.too_dear",
        "Less.",
    )
    assert arrived.public_code == "too_dear"


def test_what_was_stored_under_the_path_of_a_class_is_still_read() -> None:
    arrived = from_wire("deployments.gone.contract:Gone", b'{"sentence": "It is gone."}')
    assert (arrived.public_code, arrived.sentence) == ("rejected", "It is gone.")


@pytest.mark.parametrize("code", [None, "", "too_dear", "Paying.too_dear", "paying.", "a.b.c"])
def test_a_class_without_a_proper_code_is_a_mistake(code: str | None) -> None:
    members = {} if code is None else {"code": code}
    with pytest.raises(BadRejectionCodeError, match="needs a code"):
        type("Bad", (Rejection,), members)


def test_two_classes_of_one_code_are_a_mistake() -> None:
    with pytest.raises(BadRejectionCodeError, match="code of StepUndone"):
        type("Twin", (Rejection,), {"code": StepUndone.code})
