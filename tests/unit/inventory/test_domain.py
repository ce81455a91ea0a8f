"""Sums of lines, and books that add up or do not."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from deployments.inventory.contract import StockLine
from deployments.inventory.domain.ledger import Movement, StockDiscrepancy, discrepancies, replay
from deployments.inventory.domain.stock import State, summed

SKUS = st.sampled_from(["helmet", "glove", "sock"])


@given(st.lists(st.builds(StockLine, sku=SKUS, quantity=st.integers(1, 100)), max_size=20))
def test_lines_of_one_sku_are_summed_and_nothing_is_lost(lines: list[StockLine]) -> None:
    wanted = summed(lines)
    assert sum(one.units for one in wanted.values()) == sum(line.quantity for line in lines)
    assert set(wanted) == {line.sku for line in lines}
    assert list(wanted) == list(dict.fromkeys(line.sku for line in lines))


def moved(source: State, target: State, quantity: int) -> Movement:
    return Movement(
        sku="helmet",
        location_id=6,
        source=source,
        target=target,
        quantity=quantity,
        why="test",
        at=0,
    )


def test_the_ledger_is_replayed_from_nothing() -> None:
    ledger = [
        moved(State.OUTSIDE, State.AVAILABLE, 5),
        moved(State.AVAILABLE, State.RESERVED, 3),
        moved(State.RESERVED, State.COMMITTED, 2),
        moved(State.RESERVED, State.AVAILABLE, 1),
    ]
    assert replay(ledger) == {
        ("helmet", 6, State.AVAILABLE): 3,
        ("helmet", 6, State.COMMITTED): 2,
    }


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_place_is_a_discrepancy_exactly_when_the_books_differ(stock: int, ledger: int) -> None:
    place = ("helmet", 6, State.RESERVED)
    found = discrepancies(Counter({place: stock}), Counter({place: ledger}))
    differs = StockDiscrepancy(
        sku="helmet", location_id=6, state=State.RESERVED, in_stock=stock, in_ledger=ledger
    )
    assert found == (() if stock == ledger else (differs,))
