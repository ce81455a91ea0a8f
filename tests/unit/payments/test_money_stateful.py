"""Whatever is asked, in whatever order, at once or again, and whether the provider answers or not:
no more is taken than was held, no more given back than was taken, and a void leaves nothing held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.foundation.values.ids import new_id
from deployments.payments.contract import Authorisation, Settled
from tests.conftest import SECRET
from tests.unit.payments.composed_payments import (
    ComposedPayments,
    capture,
    card,
    charge,
    refund,
    void,
)
from tests.unit.payments.unreliable_providers import Call, Forwarding, ProviderSilent, T

LEVELS = st.sampled_from(["answers", "answers", "silent before", "silent after"])
STEPS = st.one_of(
    st.just(("authorise", 0)),
    st.just(("capture", 1)),
    st.just(("capture", 2)),
    st.just(("void", 0)),
    st.tuples(st.just("refund"), st.integers(1, 4)),
)


class Unreliable(Forwarding):
    """Answers, or is silent before or after the call took effect; lets others run in between."""

    def __init__(self, inner: Forwarding, mood: str, turns: int) -> None:
        super().__init__(inner)
        self._mood, self._turns = mood, turns

    async def around(self, call: Call[T]) -> T:
        for _ in range(self._turns):
            await asyncio.sleep(0)
        if self._mood == "silent before":
            raise ProviderSilent
        answer = await call()
        if self._mood == "silent after":
            raise ProviderSilent
        return answer


class Money(RuleBasedStateMachine):
    """One payment, and whatever may be asked of it."""

    socket: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.redis = Redis(
            unix_socket_path=str(self.socket),
            username="payments",
            password=password("payments", SECRET),
            decode_responses=True,
        )
        self.composed, self.saga = ComposedPayments(self.redis), new_id("saga")
        self.answers: list[tuple[str, object]] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(amount=st.integers(0, 5), token=st.sampled_from(["success_token"] * 4 + ["no"]))
    def choose(self, amount: int, token: str) -> None:
        self.amount, self.token = amount, token

    async def take(self, step: str, number: int, mood: str, turns: int) -> None:
        service = self.composed.service(Unreliable(Forwarding(self.composed.sandbox), mood, turns))
        requests: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "authorise": lambda: service.authorise(
                charge(self.saga, self.amount, card(self.token))
            ),
            "capture": lambda: service.capture(capture(self.saga, f"capture{number}")),
            "void": lambda: service.void(void(self.saga)),
            "refund": lambda: service.refund(refund(number, f"refund{number}", self.saga)),
        }
        try:
            self.answers.append((step, await requests[step]()))
        except (Rejection, ProviderSilent) as outcome:
            self.answers.append((step, outcome))

    @rule(
        steps=st.lists(st.tuples(STEPS, LEVELS, st.integers(0, 6)), min_size=1, max_size=6),
    )
    def at_once(self, steps: list[tuple[tuple[str, int], str, int]]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(self.take(*step, mood, turns) for step, mood, turns in steps))

        self.run(all_of_them())

    def told(self, step: str, kind: type) -> bool:
        return any(said == step and isinstance(answer, kind) for said, answer in self.answers)

    @invariant()
    def the_books_add_up(self) -> None:
        sums = {"authorise": 0, "capture": 0, "refund": 0, "void": 0}
        counts = dict.fromkeys(sums, 0)
        for entry in self.run(self.composed.ledger(self.saga)):
            what, amount = entry.split()
            sums[what] += int(amount)
            counts[what] += 1
        assert counts["authorise"] <= 1
        assert counts["capture"] + counts["void"] <= 1
        assert sums["capture"] in (0, sums["authorise"])
        assert sums["refund"] <= sums["capture"]
        if self.told("capture", Settled):
            assert counts["capture"] == 1
        self.check_own_record(sums)

    def check_own_record(self, sums: dict[str, int]) -> None:
        payment = self.run(self.composed.payment(self.saga))
        assert int(payment.get("captured", 0)) <= sums["capture"]
        assert int(payment.get("refunded", 0)) <= sums["refund"]
        aside = int(payment.get("refunded", 0)) + int(payment.get("refunding", 0))
        assert sums["refund"] <= aside <= max(sums["capture"], 0)

    @invariant()
    def what_was_voided_is_not_held(self) -> None:
        if not self.told("void", Settled):
            return
        verdict = self.run(self.composed.sandbox.look_up(f"{self.saga}:authorise"))
        assert verdict is None or verdict.outcome in {"voided", "declined"}
        assert not self.told("capture", Settled)
        before = len(self.answers)
        self.run(self.take("authorise", 0, "answers", 0))
        assert isinstance(self.answers[before][1], StepUndone)

    @invariant()
    def a_success_is_one_amount(self) -> None:
        answers = {answer for _, answer in self.answers if isinstance(answer, Authorisation)}
        assert answers <= {Authorisation(payment_id=self.saga, amount=self.amount)}

    def teardown(self) -> None:
        self.run(self.redis.aclose())
        self.loop.close()


def test_money_is_never_taken_or_given_twice(admin: Redis, valkey_socket: Path) -> None:
    machine = type("MoneyHere", (Money,), {"socket": valkey_socket})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
