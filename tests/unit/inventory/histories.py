"""A model of reservations and stock in a few dictionaries, beside an inventory on a real server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.rejection import Rejection, StepUndone
from deployments.inventory.contract import (
    AlreadyCommitted,
    OutOfStock,
    Reservation,
    ReservationLapsed,
    Shortage,
)
from deployments.inventory.domain.ledger import Stock, discrepancies
from deployments.inventory.domain.stock import State
from tests.conftest import SECRET
from tests.unit.inventory.inventory_client import InventoryClient

T = TypeVar("T")
SKUS = ("helmet", "glove", "sock")
LINES = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 6)), min_size=1, max_size=4)
ROWS = st.lists(
    st.tuples(st.sampled_from(SKUS), st.integers(1, 3), st.integers(0, 8)), min_size=1, max_size=4
)


@dataclass
class Known:
    """A reservation as the model has it."""

    answer: Reservation
    deadline: float
    state: str = "held"
    shipped: Counter[tuple[str, int]] = field(default_factory=Counter)


class Histories(RuleBasedStateMachine):
    """Inventory on a real server beside a model in a few dictionaries."""

    sagas = Bundle("sagas")
    unused = Bundle("unused")

    socket: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        with SyncRedis(unix_socket_path=self.socket) as admin:
            admin.flushall()
        self.runner = asyncio.Runner()
        self.redis = Redis(
            unix_socket_path=self.socket,
            username="inventory",
            password=password("inventory", SECRET),
            decode_responses=True,
        )
        self.inventory = InventoryClient(self.redis)
        self.elapsed = 0.0
        self.stock: Stock = Stock()
        self.known: dict[str, Known] = {}
        self.undone: set[str] = set()
        self.refused: dict[str, tuple[Shortage, ...]] = {}
        self.answered: dict[tuple[str, str], type[Rejection] | None] = {}
        self.batches: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        self.run(self.redis.aclose())
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def outcome_of(self, work: Coroutine[Any, Any, T]) -> T | Rejection:
        try:
            return self.run(work)
        except Rejection as rejection:
            return rejection

    def rejection_of(self, work: Coroutine[Any, Any, None]) -> type[Rejection] | None:
        outcome = self.outcome_of(work)
        return None if outcome is None else type(outcome)

    def total(self, sku: str) -> int:
        return sum(self.stock[sku, at, State.AVAILABLE] for at in (1, 2, 3))

    def shift(self, saga: str, source: State, target: State) -> None:
        for taken in self.known[saga].answer.allocations:
            self.stock[taken.sku, taken.location_id, source] -= taken.quantity
            self.stock[taken.sku, taken.location_id, target] += taken.quantity

    @rule(batch=st.sampled_from("abcdef"), rows=ROWS)
    def receive(self, batch: str, rows: list[tuple[str, int, int]]) -> None:
        count = self.run(self.inventory.receive(batch, *rows))
        assert count == (0 if batch in self.batches else len(rows))
        if batch not in self.batches:
            for sku, at, quantity in rows:
                self.stock[sku, at, State.AVAILABLE] += quantity
        self.batches.add(batch)

    @rule(target=unused)
    def a_saga_begins(self) -> str:
        self.count += 1
        return f"saga{self.count}"

    @rule(target=sagas, saga=consumes(unused), lines=LINES, seconds=st.integers(1, 20))
    def reserve(self, saga: str, lines: list[tuple[str, int]], seconds: int) -> str:
        wanted = {sku: sum(n for s, n in lines if s == sku) for sku, _ in lines}
        short = tuple(
            Shortage(sku=sku, wanted=n, available=self.total(sku))
            for sku, n in wanted.items()
            if n > self.total(sku)
        )
        answer = self.outcome_of(self.inventory.reserve(saga, *lines, seconds=seconds))
        assert isinstance(answer, StepUndone) == (saga in self.undone)
        if isinstance(answer, OutOfStock):
            assert answer.shortages == short
            self.refused[saga] = short
        elif isinstance(answer, Reservation):
            assert not short
            self.takes(saga, answer, wanted, self.elapsed + seconds)
        return saga

    def takes(
        self, saga: str, answer: Reservation, wanted: dict[str, int], deadline: float
    ) -> None:
        """The units are those wanted, and each location had those it gave."""
        taken = dict.fromkeys(wanted, 0)
        for allocation in answer.allocations:
            assert allocation.quantity > 0
            taken[allocation.sku] += allocation.quantity
        assert taken == wanted
        self.known[saga] = Known(answer, deadline)
        self.shift(saga, State.AVAILABLE, State.RESERVED)
        assert min(self.stock.values()) >= 0

    @rule(saga=sagas, lines=LINES)
    def reserve_again(self, saga: str, lines: list[tuple[str, int]]) -> None:
        answer = self.outcome_of(self.inventory.reserve(saga, *lines))
        assert isinstance(answer, StepUndone) == (saga in self.undone)
        if isinstance(answer, OutOfStock):
            assert answer.shortages == self.refused[saga]
        elif isinstance(answer, Reservation):
            assert answer == self.known[saga].answer

    def upon(self, saga: str, step: str, work: Coroutine[Any, Any, None]) -> bool:
        """Take a step upon a reservation; whether it took effect just now."""
        known = self.known.get(saga)
        gone = known is None or known.state == "released"
        expected = self.answered.setdefault((saga, step), ReservationLapsed if gone else None)
        assert self.rejection_of(work) == expected
        return known is not None and not gone and known.state != "committed"

    @rule(saga=sagas)
    def allocate(self, saga: str) -> None:
        if self.upon(saga, "allocate", self.inventory.allocate(saga)) and self.first(
            "allocate", saga
        ):
            self.known[saga].state = "allocated"

    @rule(saga=sagas)
    def commit(self, saga: str) -> None:
        if self.upon(saga, "commit", self.inventory.commit(saga)) and self.first("commit", saga):
            self.known[saga].state = "committed"
            self.shift(saga, State.RESERVED, State.COMMITTED)

    def first(self, step: str, saga: str) -> bool:
        return self.answered[saga, step] is None

    @rule(saga=st.one_of(sagas, unused))
    def release(self, saga: str) -> None:
        known = self.known.get(saga)
        rejection = self.rejection_of(self.inventory.release(saga))
        if known is not None and known.state == "committed":
            assert rejection is AlreadyCommitted
            return
        assert rejection is None
        self.gives_back(saga)

    def gives_back(self, saga: str) -> None:
        self.undone.add(saga)
        known = self.known.get(saga)
        if known is not None and known.state != "released":
            known.state = "released"
            self.shift(saga, State.RESERVED, State.AVAILABLE)

    @rule(seconds=st.integers(1, 15))
    def time_passes(self, seconds: int) -> None:
        self.inventory.clock.forward(seconds)
        self.elapsed += seconds

    @rule(limit=st.integers(1, 5))
    def release_expired(self, limit: int) -> None:
        lapsed = sorted(
            (known.deadline, saga)
            for saga, known in self.known.items()
            if known.state == "held" and known.deadline <= self.elapsed
        )[:limit]
        assert self.run(self.inventory.release_expired(limit)) == len(lapsed)
        for _, saga in lapsed:
            self.gives_back(saga)

    @invariant()
    def the_model_agrees(self) -> None:
        assert self.run(self.inventory.available(*SKUS)) == {sku: self.total(sku) for sku in SKUS}
        assert discrepancies(self.run(self.inventory.records.stock()), self.stock) == ()

    @invariant()
    def no_unit_came_or_went(self) -> None:
        movements = self.run(self.inventory.records.movements())
        received = Counter[str]()
        for movement in movements:
            came = (movement.source == State.OUTSIDE) - (movement.target == State.OUTSIDE)
            received[movement.sku] += movement.quantity * came
        here = Counter[str]()
        for (sku, _, _), units in self.run(self.inventory.records.stock()).items():
            assert units > 0
            here[sku] += units
        assert here == +received

    @invariant()
    def the_ledger_adds_up(self) -> None:
        assert self.run(self.inventory.records.check()) == ()
