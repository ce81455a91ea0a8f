"""Whatever happens to an inventory, in whatever order, a simple model of it agrees."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.inventory.domain.stock import State
from tests.unit.inventory.histories import SKUS, Histories
from tests.unit.inventory.staff_histories import StaffHistories

T = TypeVar("T")
SAGAS = st.one_of(Histories.sagas, Histories.unused)
CHOICE = st.integers(0, 1000)


def choose(these: Iterable[T], chosen: int) -> T:
    """One of these, whatever number is drawn."""
    all_ = list(these)
    return all_[chosen % len(all_)]


class Shipping(StaffHistories):
    """What was sold leaves, in parts, and the news of it comes again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.consumed: dict[str, tuple[str, int, list[tuple[str, int]]]] = {}

    def to_ship(self) -> dict[tuple[str, int], list[tuple[str, int]]]:
        """By saga and location, the sold units of each SKU that have not left."""
        left: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for saga, known in self.known.items():
            for taken in known.answer.allocations if known.state == "committed" else ():
                units = taken.quantity - known.shipped[taken.sku, taken.location_id]
                if units:
                    left.setdefault((saga, taken.location_id), []).append((taken.sku, units))
        return left

    @precondition(lambda self: bool(self.to_ship()))
    @rule(chosen=CHOICE, parts=st.integers(1, 2), times=st.integers(1, 2))
    def a_shipment_leaves(self, chosen: int, parts: int, times: int) -> None:
        """What is still to leave one place, or a part of it; the event may come twice."""
        (saga, at), left = choose(self.to_ship().items(), chosen)
        lines = [(sku, -(-n // parts)) for sku, n in left]
        self.count += 1
        self.consumes(f"event{self.count}", saga, at, lines, times)
        for sku, n in lines:
            self.known[saga].shipped[sku, at] += n
            self.leaves(sku, at, n)

    def consumes(
        self, event: str, saga: str, at: int, lines: list[tuple[str, int]], times: int
    ) -> None:
        for _ in range(times):
            self.run(self.inventory.ship(event, saga, at, *lines))
        self.consumed[event] = (saga, at, lines)

    def leaves(self, sku: str, at: int, quantity: int) -> None:
        self.stock[sku, at, State.COMMITTED] -= quantity
        self.stock[sku, at, State.SHIPPED] += quantity

    @precondition(lambda self: bool(self.consumed))
    @rule(chosen=CHOICE)
    def an_old_event_comes_again(self, chosen: int) -> None:
        event, (saga, at, lines) = choose(self.consumed.items(), chosen)
        self.run(self.inventory.ship(event, saga, at, *lines))

    @rule(
        saga=st.one_of(Histories.sagas, Histories.unused),
        at=st.integers(1, 3),
        more=st.integers(1, 3),
    )
    def more_leaves_than_is_sold(self, saga: str, at: int, more: int) -> None:
        """Nothing moves then, neither the line that could nor the one that cannot."""
        sold = {sku: self.stock[sku, at, State.COMMITTED] for sku in SKUS}
        lines = [(sku, n) for sku, n in sold.items() if n] + [(SKUS[-1], more)]
        self.count += 1
        with pytest.raises(ResponseError, match="are shipped than are sold"):
            self.run(self.inventory.ship(f"event{self.count}", saga, at, *lines))


def test_any_history_agrees_with_the_model(admin: Redis, valkey_socket: Path) -> None:
    class Here(Shipping):
        socket = str(valkey_socket)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
