"""Calls that fail: what is repeated, what is not made at all, and who stops working when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from deployments.foundation.rpc.breaker import (
    COOL_DOWN_SECONDS,
    FAILURES,
    LASTING_SECONDS,
    Breaker,
)
from deployments.foundation.rpc.calls import (
    DependencyUnavailable,
    Endpoint,
    Kind,
    Reply,
    Transport,
    client_of,
)
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.deadline import within
from deployments.foundation.rpc.dependencies import dependency
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.rpc.retries import REPETITIONS, RetryBudget, Retrying
from deployments.foundation.values.message import Message
from tests.clock import SecondsClock

TIMEOUT = 5.0
OK: Reply = ("ok", b"{}")


class Ask(Message):
    """A question."""


class Told(Message):
    """An answer."""


class No(Rejection):
    """A rejection, which is an answer."""

    code: ClassVar[str] = "asking.no"


class AskApi(Protocol):
    @repeatable
    async def read(self, request: Ask) -> Told: ...

    async def write(self, request: Ask) -> Told: ...


@dataclass
class Wire:
    """A transport that does what it is told to, call by call, and answers when told no more."""

    outcomes: list[Kind | Reply] = field(default_factory=list)
    calls: list[tuple[str, float]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        self.calls.append((method, seconds))
        if self.gate is not None:
            self.waiting.put_nowait(method)
            await self.gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else OK
        if isinstance(outcome, str):
            raise DependencyUnavailable("app", outcome, outcome)
        return outcome


class GuardedWire:
    """A breaker before a wire, and a clock that a test moves."""

    def __init__(self) -> None:
        self.wire, self.clock = Wire(), SecondsClock(100)
        self.breaker = Breaker("app", self.wire, timeout=TIMEOUT, clock=self.clock)

    async def call(self, seconds: float = TIMEOUT) -> Kind | None:
        """One call; how it failed, or none."""
        try:
            await self.breaker("read", b"{}", seconds)
        except DependencyUnavailable as failure:
            return failure.kind
        return None

    async def fail(
        self, kind: Kind, times: int = FAILURES, *, apart: float = LASTING_SECONDS
    ) -> None:
        for _ in range(times):
            self.wire.outcomes.append(kind)
            assert await self.call() == kind
            self.clock.now += apart

    async def is_open(self) -> bool:
        before = len(self.wire.calls)
        async with asyncio.timeout(30):
            return await self.call() == "open" and len(self.wire.calls) == before


@pytest.fixture
def guarded() -> GuardedWire:
    return GuardedWire()


@pytest.mark.parametrize("kind", ["lost", "late", "broken", "absent"])
async def test_a_dependency_that_keeps_failing_is_left_alone(
    guarded: GuardedWire, kind: Kind
) -> None:
    await guarded.fail(kind, FAILURES - 1)
    assert not await guarded.is_open()
    await guarded.fail(kind)
    assert await guarded.is_open()


async def test_an_answer_between_failures_keeps_the_circuit_closed(guarded: GuardedWire) -> None:
    for _ in range(5):
        await guarded.fail("lost", FAILURES - 1)
        assert await guarded.call() is None


async def test_calls_that_are_lost_together_do_not_open_the_circuit(guarded: GuardedWire) -> None:
    """A replica dies under many calls, and the next call reaches another one."""
    await guarded.fail("lost", 100, apart=0)
    assert not await guarded.is_open()


async def test_calls_that_all_waited_in_vain_do(guarded: GuardedWire) -> None:
    guarded.wire.gate, guarded.wire.outcomes = asyncio.Event(), ["late"] * FAILURES
    waiting = [asyncio.create_task(guarded.call()) for _ in range(FAILURES)]
    for _ in waiting:
        await guarded.wire.waiting.get()
    guarded.clock.now += TIMEOUT
    guarded.wire.gate.set()
    await asyncio.gather(*waiting)
    guarded.wire.gate = None
    assert await guarded.is_open()


async def test_some_slow_calls_among_quick_ones_do_not(guarded: GuardedWire) -> None:
    late: list[Kind | Reply] = ["late"] * FAILURES
    guarded.wire.gate, guarded.wire.outcomes = asyncio.Event(), [OK, *late]
    waiting = [asyncio.create_task(guarded.call()) for _ in range(FAILURES)]
    for _ in waiting:
        await guarded.wire.waiting.get()
    gate, guarded.wire.gate = guarded.wire.gate, None
    guarded.clock.now += TIMEOUT
    assert await guarded.call() is None
    gate.set()
    assert await asyncio.gather(*waiting) == late
    assert not await guarded.is_open()


@pytest.mark.parametrize("outcome", [("service:No", b"{}"), "failed", "busy"])
async def test_rejections_bugs_and_full_queues_do_not_open_the_circuit(
    guarded: GuardedWire, outcome: Kind | Reply
) -> None:
    for _ in range(20):
        guarded.wire.outcomes.append(outcome)
        assert await guarded.call() != "open"
        guarded.clock.now += LASTING_SECONDS


async def test_a_callers_own_short_deadline_does_not_open_the_circuit(guarded: GuardedWire) -> None:
    for _ in range(20):
        guarded.wire.outcomes.append("late")
        assert await guarded.call(seconds=TIMEOUT / 2) == "late"
        guarded.clock.now += LASTING_SECONDS


async def test_one_trial_after_the_cool_down_closes_the_circuit(guarded: GuardedWire) -> None:
    await guarded.fail("lost")
    assert await guarded.is_open()
    guarded.clock.now += COOL_DOWN_SECONDS
    guarded.wire.gate = asyncio.Event()
    trial = asyncio.create_task(guarded.call())
    await guarded.wire.waiting.get()
    assert await guarded.is_open()
    guarded.wire.gate.set()
    assert await trial is None
    assert not await guarded.is_open()


async def test_a_trial_that_fails_is_another_cool_down(guarded: GuardedWire) -> None:
    await guarded.fail("lost")
    guarded.clock.now += COOL_DOWN_SECONDS
    await guarded.fail("absent", 1, apart=COOL_DOWN_SECONDS / 2)
    assert await guarded.is_open()
    guarded.clock.now += COOL_DOWN_SECONDS / 2
    assert not await guarded.is_open()


async def test_a_trial_whose_caller_leaves_is_nobodys_verdict(guarded: GuardedWire) -> None:
    await guarded.fail("lost")
    guarded.clock.now += COOL_DOWN_SECONDS
    guarded.wire.gate = asyncio.Event()
    trial = asyncio.create_task(guarded.call())
    await guarded.wire.waiting.get()
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    guarded.wire.gate = None
    assert not await guarded.is_open()


class Pauses(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def retrying(wire: Transport, pauses: Pauses) -> Retrying:
    return Retrying(wire, {"read"}, sleep=pauses, spread=lambda: 0.5)


async def test_a_lost_call_is_repeated_within_the_callers_time() -> None:
    wire, pauses = Wire(["lost", "lost"]), Pauses()
    assert await retrying(wire, pauses)("read", b"{}", TIMEOUT) == OK
    assert pauses == [0.025, 0.05]
    times = [seconds for _, seconds in wire.calls]
    assert times == sorted(times, reverse=True)
    assert times[0] == TIMEOUT


async def test_a_call_is_repeated_only_so_often() -> None:
    wire = Wire(["lost"] * 9)
    with pytest.raises(DependencyUnavailable):
        await retrying(wire, Pauses())("read", b"{}", TIMEOUT)
    assert len(wire.calls) == 1 + REPETITIONS


async def test_what_is_not_marked_in_the_contract_is_not_repeated() -> None:
    wire = Wire(["lost"])
    with pytest.raises(DependencyUnavailable):
        await retrying(wire, Pauses())("write", b"{}", TIMEOUT)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("kind", ["open", "absent", "busy", "late", "broken", "failed"])
async def test_what_a_repetition_would_not_mend_is_not_repeated(kind: Kind) -> None:
    wire = Wire([kind])
    with pytest.raises(DependencyUnavailable):
        await retrying(wire, Pauses())("read", b"{}", TIMEOUT)
    assert len(wire.calls) == 1


async def test_no_time_is_left_to_repeat() -> None:
    wire = Wire(["lost"])
    with pytest.raises(DependencyUnavailable):
        await retrying(wire, Pauses())("read", b"{}", 0.025)
    assert len(wire.calls) == 1


async def test_a_call_that_was_lost_first_may_have_been_made() -> None:
    """Else a caller would think that nothing is to be undone."""
    with pytest.raises(DependencyUnavailable) as failure:
        await retrying(Wire(["lost", "open"]), Pauses())("read", b"{}", TIMEOUT)
    assert failure.value.made


async def test_repetitions_stay_a_tenth_of_all_calls() -> None:
    wire, calls = Wire(["lost"] * 10_000), 2000
    transport = retrying(wire, Pauses())
    for _ in range(calls):
        with pytest.raises(DependencyUnavailable):
            await transport("read", b"{}", TIMEOUT)
    assert calls < len(wire.calls) <= 1.1 * calls + 5


def test_a_budget_keeps_no_more_than_its_reserve() -> None:
    budget = RetryBudget(share=0.5, reserve=2)
    for _ in range(100):
        budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.earn()
    budget.earn()
    assert budget.spend()


class ObedientService:
    """Does what it is told to, and says what it was asked."""

    def __init__(self, does: Callable[[], Told]) -> None:
        self.does, self.asked = does, 0
        self.stopped = asyncio.Event()

    async def read(self, request: Ask) -> Told:
        self.asked += 1
        return self.does()

    async def write(self, request: Ask) -> Told:
        self.asked += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()
        raise AssertionError("nobody sets the event")


def raises(failure: BaseException) -> Callable[[], Told]:
    def do() -> Told:
        raise failure

    return do


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ZeroDivisionError("the secret formula"), "failed"),
        (ResponseError("a bug in a script"), "failed"),
        (DependencyUnavailable("further", "it is down"), "failed"),
        (RedisConnectionError("at secret-host:6379"), "broken"),
        (ConnectionResetError(), "broken"),
        (TimeoutError(), "late"),
    ],
)
async def test_whatever_a_service_raises_is_no_answer(failure: Exception, kind: Kind) -> None:
    api = client_of(AskApi, Endpoint(AskApi, ObedientService(raises(failure))), app="asked")
    with pytest.raises(DependencyUnavailable) as found:
        await api.read(Ask())
    assert (found.value.app, found.value.kind) == ("asked", kind)
    assert "secret" not in str(found.value)


async def test_a_method_that_a_newer_caller_knows_is_no_answer() -> None:
    kind, _ = await Endpoint(AskApi, ObedientService(Told))("no_such_method", b"{}", TIMEOUT)
    assert kind == "failed"


async def test_a_callee_stops_when_its_callers_time_is_over() -> None:
    service = ObedientService(Told)
    kind, _ = await Endpoint(AskApi, service)("write", b"{}", 0.01)
    assert kind == "late"
    assert service.stopped.is_set()


@pytest.mark.parametrize("seconds", [0, -1])
async def test_a_callee_does_not_begin_without_time(seconds: float) -> None:
    service = ObedientService(Told)
    kind, _ = await Endpoint(AskApi, service)("read", b"{}", seconds)
    assert kind == "late"
    assert service.asked == 0


async def ask_when_time_is_over(api: AskApi) -> None:
    async with within(0.01):
        try:
            await asyncio.Event().wait()
        finally:
            await api.read(Ask())


async def test_a_call_without_time_left_is_not_made() -> None:
    wire = Wire()
    with pytest.raises(DependencyUnavailable) as failure:
        await ask_when_time_is_over(dependency(AskApi, wire, app="asked"))
    assert (failure.value.app, failure.value.kind) == ("asked", "overdue")
    assert not failure.value.made
    assert wire.calls == []


async def test_a_block_without_time_left_is_not_entered() -> None:
    with pytest.raises(TimeoutError):
        async with within(0):
            raise AssertionError("it was entered")


async def test_a_contracts_marks_decide_what_is_repeated() -> None:
    wire = Wire(["lost", "lost"])
    api = dependency(AskApi, wire, app="asked")
    await api.read(Ask())
    wire.outcomes = ["lost"]
    with pytest.raises(DependencyUnavailable):
        await api.write(Ask())
    assert [method for method, _ in wire.calls] == ["read", "read", "read", "write"]
