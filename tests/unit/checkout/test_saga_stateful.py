"""Whatever buyers do, at once and again, whatever breaks and wherever a driver dies: what a buyer
was told stays true, and once everything is back the books are straight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from deployments.checkout.contract import (
    CancelSession,
    CreateSession,
    RecoverSagas,
    ReplaceSession,
    Session,
)
from deployments.foundation.http.idempotency import request_key
from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.calls import DependencyUnavailable, Endpoint, client_of
from deployments.foundation.rpc.rejection import Rejection
from deployments.inventory.records import InventoryRecords
from deployments.payments.provider import PaymentProvider
from deployments.topology import SERVICES
from tests.conftest import SECRET
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT, Crash, Services
from tests.unit.checkout.shopping import (
    age_leases,
    assert_books_are_straight,
    completing,
    contents,
    order_of,
    recover,
    seen,
)
from tests.unit.isolation.bank import Bank, Mood, assert_the_bank_agrees

T = TypeVar("T")
MOST_SESSIONS = 4
STEPS = (
    ("inventory", "reserve"),
    ("pricing", "redeem"),
    ("payments", "authorise"),
    ("inventory", "allocate"),
    ("orders", "place"),
    ("inventory", "commit"),
    ("payments", "capture"),
    ("inventory", "release"),
    ("pricing", "undo_redemption"),
    ("payments", "void"),
)
FAULTS: dict[str, tuple[str, Callable[[], BaseException]]] = {
    "never asked": ("before", lambda: DependencyUnavailable("it", "its circuit is open", "open")),
    "lost before": ("before", lambda: DependencyUnavailable("it", "it died", "lost")),
    "lost after": ("after", lambda: DependencyUnavailable("it", "it died", "lost")),
    "driver dies before": ("before", Crash),
    "driver dies after": ("after", Crash),
}
moods: st.SearchStrategy[dict[str, Mood]] = st.dictionaries(
    st.sampled_from(["authorise", "look_up", "void", "capture"]),
    st.sampled_from(["silent before", "silent after"]),
    max_size=2,
)
faults = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(sorted(FAULTS))), max_size=2)
whose = st.integers(0, MOST_SESSIONS - 1)
deeds = st.one_of(
    st.tuples(st.just("complete"), whose, st.sampled_from(["success_token"] * 3 + ["fail_token"])),
    st.tuples(st.just("complete"), whose, st.just("success_token")),
    st.tuples(st.just("replace"), whose, st.integers(1, 3)),
    st.tuples(st.just("cancel"), whose, st.none()),
    st.tuples(st.just("recover"), whose, st.none()),
)
Deed = tuple[str, int, Any]


class Unhurried:
    """Lets others run before each call of a service, as often as was drawn."""

    def __init__(self, service: object, turns: list[int]) -> None:
        self._service, self._turns = service, turns

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it stands for any method.
        async def call(request: object) -> object:
            for _ in range(self._turns.pop() if self._turns else 0):
                await asyncio.sleep(0)
            return await getattr(self._service, name)(request)

        return call


class BankedServices(Services):
    """Services with a provider of moods, that do not hurry."""

    bank: Bank
    turns: list[int]

    def __post_init__(self) -> None:
        self.turns = []
        super().__post_init__()

    def provider(self, sandbox: PaymentProvider) -> PaymentProvider:
        self.bank = Bank(sandbox)
        return self.bank

    def reached(self, api: type, service: object) -> object:
        return client_of(api, Endpoint(api, Unhurried(service, self.turns)), seconds=60)

    def mend(self) -> None:
        """Everything works again."""
        self.bank.moods = {}
        for service in self.dependencies:
            service.heal()


class Buying(RuleBasedStateMachine):
    """A few sessions, and whatever may happen to them."""

    socket: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.admin = Redis(unix_socket_path=str(self.socket), decode_responses=True)
        self.clients = {service: self.client(service) for service in SERVICES}
        self.sessions: list[Session] = []
        self.told: dict[str, Session] = {}
        self.answers: dict[str, Session] = {}

    def client(self, service: str) -> Redis:
        return Redis(
            unix_socket_path=str(self.socket),
            username=service,
            password=password(service, SECRET),
            decode_responses=True,
        )

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        self.run(self.admin.flushall())
        self.services = BankedServices(self.clients.__getitem__)
        self.run(self.services.stock())

    @precondition(lambda self: len(self.sessions) < MOST_SESSIONS)
    @rule(
        bought=st.sampled_from([(SHIRT.sku, 1), (SHIRT.sku, 4), (BIKE.sku, 1), (BIKE.sku, 2)]),
        code=st.booleans(),
    )
    def start(self, bought: tuple[str, int], *, code: bool) -> None:
        sku, quantity = bought
        wanted = contents(sku=sku, quantity=quantity, codes=("ONCE",) if code else ())
        create = CreateSession(platform=PLATFORM, contents=wanted)
        self.sessions.append(self.run(self.services.checkout.create(create)).session)

    @precondition(lambda self: self.sessions)
    @rule(
        what=st.lists(deeds, min_size=1, max_size=6),
        faults=faults,
        moods=moods,
        turns=st.lists(st.integers(0, 5), max_size=12),
    )
    def at_once(
        self,
        what: list[Deed],
        faults: list[tuple[tuple[str, str], str]],
        moods: dict[str, Mood],
        turns: list[int],
    ) -> None:
        self.services.bank.moods = dict(moods)
        self.services.turns[:] = turns
        for (where, step), kind in faults:
            moment, fault = FAULTS[kind]
            getattr(getattr(self.services, where), moment)[step] = fault

        async def all_of_it() -> None:
            await asyncio.gather(*(self.do(deed) for deed in what))
            # Of a recovery that dies, some sagas are still being driven.
            while left := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(left)

        try:
            self.run(all_of_it())
        finally:
            self.services.mend()

    async def do(self, deed: Deed) -> None:
        name, number, detail = deed
        session = self.sessions[number % len(self.sessions)]
        checkout = self.services.replica()
        try:
            match name:
                case "complete":
                    await self.complete(session, detail)
                case "replace":
                    wanted = contents(sku=session.lines[0].sku, quantity=detail)
                    await checkout.replace(
                        ReplaceSession(session_id=session.id, platform=PLATFORM, contents=wanted)
                    )
                case "cancel":
                    await checkout.cancel(CancelSession(session_id=session.id, platform=PLATFORM))
                case "recover":
                    await age_leases(self.services)
                    await checkout.recover(RecoverSagas())
        except (Rejection, DependencyUnavailable, Crash):
            return

    async def complete(self, session: Session, token: str) -> None:
        """Under a key that the same buyer uses again with the same card."""
        key = f"{session.id} {token}"
        request = completing(session, token=token).model_copy(
            update={"request": request_key(PLATFORM, key, "complete_checkout", "/", token.encode())}
        )
        answer = await self.services.replica().complete(request)
        assert self.answers.setdefault(key, answer) == answer
        if answer.status == "completed":
            assert self.told.setdefault(session.id, answer).order == answer.order

    @invariant()
    def what_was_told_is_true(self) -> None:
        for session in self.told.values():
            assert self.run(seen(self.services.checkout, session)) == session
            assert self.run(order_of(self.services, session)).totals == session.priced.totals

    @invariant()
    def no_unit_is_in_two_places(self) -> None:
        assert self.run(InventoryRecords(self.clients["inventory"]).check()) == ()

    def teardown(self) -> None:
        try:
            self.run(self.everything_is_back())
        finally:
            for client in (self.admin, *self.clients.values()):
                self.run(client.aclose())
            self.loop.close()

    async def everything_is_back(self) -> None:
        await recover(self.services)
        completed = await assert_books_are_straight(self.services, self.admin, self.sessions)
        await assert_the_bank_agrees(self.admin, completed)
        assert self.told.keys() <= {session.id for session in completed}


def test_the_books_are_straight_whatever_happens(admin: Redis, valkey_socket: Path) -> None:
    machine = type("BuyingHere", (Buying,), {"socket": valkey_socket})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
