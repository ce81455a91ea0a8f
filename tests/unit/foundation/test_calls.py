"""The seam between services, deduplication and arithmetic, on their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.rpc.calls import Endpoint, client_of
from deployments.foundation.rpc.deadline import remaining, within
from deployments.foundation.rpc.detach import detach
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Message
from deployments.foundation.values.money import cents, share, split


class Ask(Message):
    word: str


class Told(Message):
    word: str
    seconds: float


@dataclass(eq=False)
class Unspeakable(Rejection):
    words: tuple[Ask, ...]
    code: ClassVar[str] = "asking.unspeakable"


class EchoApi(Protocol):
    async def echo(self, request: Ask) -> Told: ...


class EchoService:
    async def echo(self, request: Ask) -> Told:
        if request.word == "no":
            raise Unspeakable("Say something else.", words=(request,))
        return Told(word=request.word, seconds=remaining(60))


def echo() -> EchoApi:
    return client_of(EchoApi, Endpoint(EchoApi, EchoService()))


async def test_a_message_crosses_the_seam() -> None:
    assert (await echo().echo(Ask(word="hello"))).word == "hello"


async def test_a_rejection_crosses_as_data_and_is_raised_as_its_own_class() -> None:
    with pytest.raises(Unspeakable) as refused:
        await echo().echo(Ask(word="no"))
    assert refused.value.words == (Ask(word="no"),)
    assert str(refused.value) == "Say something else."


async def test_a_call_inherits_what_is_left_of_the_deadline() -> None:
    async with within(2):
        assert (await echo().echo(Ask(word="hello"))).seconds <= 2


async def test_a_call_past_the_deadline_is_not_made() -> None:
    with pytest.raises(TimeoutError):
        async with within(0):
            await asyncio.Event().wait()


async def test_detached_work_outlives_the_one_who_waits() -> None:
    gate, finished = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await gate.wait()
        finished.set()

    async def ask() -> None:
        await detach(work(), seconds=10, name="work")

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gate.set()
    await asyncio.wait_for(finished.wait(), 10)


def test_a_half_cent_is_rounded_up() -> None:
    assert cents("60.7450") == 6075
    assert cents("699.0982") == 69910
    assert share(10, Decimal(25)) == 3


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_a_split_adds_up_and_no_part_is_off_by_more_than_one(
    amount: int, weights: list[int]
) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < 1 + 1e-6 * amount
