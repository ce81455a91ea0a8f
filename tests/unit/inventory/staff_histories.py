"""What staff do to the stock, in the model of `histories.py`."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from deployments.inventory.contract.changes import NotEnoughUnits, SameLocation
from deployments.inventory.domain.stock import State
from tests.unit.inventory.histories import SKUS, Histories
from tests.unit.inventory.stock_requests import adjusting, arriving, counting, delivery, sending

PLACE = st.tuples(st.sampled_from(SKUS), st.integers(1, 3))


class StaffHistories(Histories):
    """Staff receive, adjust, count and transfer while the store sells."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, tuple[str, int, int]] = {}
        """SKU, target and units of each transfer that is on its way."""

    @initialize()
    def locations_are_named(self) -> None:
        self.run(self.inventory.receive("names", *((SKUS[0], at, 0) for at in (1, 2, 3))))

    def key(self) -> str:
        self.count += 1
        return f"change{self.count}"

    @rule(place=PLACE, quantity=st.integers(1, 5), times=st.integers(1, 2))
    def a_delivery_comes(self, place: tuple[str, int], quantity: int, times: int) -> None:
        request = delivery(self.key(), {place: quantity})
        for _ in range(times):
            self.run(self.inventory.api.receive_delivery(request))
        self.stock[*place, State.AVAILABLE] += quantity

    @rule(place=PLACE, by=st.integers(-5, 5))
    def somebody_adjusts(self, place: tuple[str, int], by: int) -> None:
        answer = self.outcome_of(self.inventory.api.adjust(adjusting(self.key(), {place: by})))
        there = self.stock[*place, State.AVAILABLE]
        assert isinstance(answer, NotEnoughUnits) == (by < 0 and there + by < 0)
        if not isinstance(answer, NotEnoughUnits):
            self.stock[*place, State.AVAILABLE] += by

    @rule(place=PLACE, counted=st.integers(0, 8))
    def somebody_counts(self, place: tuple[str, int], counted: int) -> None:
        answer = self.outcome_of(self.inventory.api.count(counting(self.key(), {place: counted})))
        promised = sum(self.stock[*place, state] for state in (State.RESERVED, State.COMMITTED))
        assert isinstance(answer, NotEnoughUnits) == (counted < promised)
        if not isinstance(answer, NotEnoughUnits):
            self.stock[*place, State.AVAILABLE] = counted - promised

    @rule(place=PLACE, to=st.integers(1, 3), quantity=st.integers(1, 4))
    def a_transfer_is_sent(self, place: tuple[str, int], to: int, quantity: int) -> None:
        (sku, source), key = place, self.key()
        work = self.inventory.api.send_transfer(sending(key, source, to, **{sku: quantity}))
        answer = self.outcome_of(work)
        assert isinstance(answer, SameLocation) == (source == to)
        if source == to:
            return
        assert isinstance(answer, NotEnoughUnits) == (
            self.stock[*place, State.AVAILABLE] < quantity
        )
        if not isinstance(answer, NotEnoughUnits):
            self.stock[*place, State.AVAILABLE] -= quantity
            self.stock[sku, to, State.INCOMING] += quantity
            self.sent[key] = (sku, to, quantity)

    @precondition(lambda self: bool(self.sent))
    @rule(times=st.integers(1, 2))
    def a_transfer_arrives(self, times: int) -> None:
        transfer, (sku, target, quantity) = self.sent.popitem()
        request = arriving(self.key(), transfer)
        for _ in range(times):
            self.run(self.inventory.api.receive_transfer(request))
        self.stock[sku, target, State.INCOMING] -= quantity
        self.stock[sku, target, State.AVAILABLE] += quantity
