"""Which lines a cart has: items that exist, ids that last."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.carts.contract.contents import (
    CartLine,
    NothingToBuy,
    WantedLine,
    lines_of,
    with_stock,
)
from deployments.catalog.contract import ResolvedItems
from deployments.inventory.contract.ahead import AwaitedUnits, SaleAhead, SellableUnits
from tests.unit.carts.services import BIKE, HELMET, SHIRT

ITEMS = {item.sku: item for item in (SHIRT, HELMET, BIKE)}
RESOLVED = ResolvedItems(items=ITEMS, off_sale={"gone": "It is discontinued."})
IDS = st.sampled_from([None, "", "li_1", "li_2", "fresh_0", "theirs"])
WANTED = st.builds(
    WantedLine,
    id=IDS,
    item_id=st.sampled_from([*ITEMS, "unknown", "gone"]),
    quantity=st.integers(1, 20),
)


def given_line(line_id: str) -> CartLine:
    return CartLine(id=line_id, sku=SHIRT.sku, title="Shirt", unit_price=2000, quantity=1)


KEPT = {"li_1", "li_2"}


@given(st.lists(WANTED, max_size=8))
def test_known_items_become_lines_and_unknown_ones_messages(wanted: list[WantedLine]) -> None:
    numbers = count()
    known = [line for line in wanted if line.item_id in ITEMS]
    if not known:
        with pytest.raises(NothingToBuy) as refused:
            lines_of(wanted, RESOLVED, KEPT, lambda: f"fresh_{next(numbers)}")
        assert len(refused.value.notices) == len(wanted)
        assert {n.severity for n in refused.value.notices} <= {"unrecoverable"}
        return
    lines, notices = lines_of(wanted, RESOLVED, KEPT, lambda: f"fresh_{next(numbers)}")
    assert [(line.sku, line.quantity) for line in lines] == [
        (line.item_id, line.quantity) for line in known
    ]
    assert [line.unit_price for line in lines] == [ITEMS[line.sku].price for line in lines]
    assert [notice.path for notice in notices] == [
        f"$.line_items[{n}]" for n, line in enumerate(wanted) if line.item_id not in ITEMS
    ]
    assert {notice.severity for notice in notices} <= {"recoverable"}
    for notice, line in zip(notices, (w for w in wanted if w.item_id not in ITEMS), strict=True):
        why = "is discontinued" if line.item_id == "gone" else "is not sold here"
        assert notice.code == "item_unavailable"
        assert why in notice.content


@given(st.lists(WANTED, min_size=1, max_size=8))
def test_a_line_keeps_an_id_of_ours_and_ids_are_unique(wanted: list[WantedLine]) -> None:
    numbers = count()
    wanted = [WantedLine(item_id=SHIRT.sku, quantity=1), *wanted]
    lines, _ = lines_of(wanted, RESOLVED, KEPT, lambda: f"fresh_{next(numbers)}")
    ids = [line.id for line in lines]
    assert len(ids) == len(set(ids))
    assert all(line_id in {"li_1", "li_2"} or line_id.startswith("fresh_") for line_id in ids)
    kept = [line.id for line in wanted if line.item_id in ITEMS and line.id in {"li_1", "li_2"}]
    assert set(kept) <= set(ids)


def test_lines_of_one_item_are_counted_together() -> None:
    lines = tuple(
        given_line(f"li_{n}").model_copy(update={"quantity": quantity})
        for n, quantity in enumerate((3, 4))
    )
    assert with_stock(lines, {SHIRT.sku: SellableUnits(here=7)}) == (lines, ())
    _, short = with_stock(lines, {SHIRT.sku: SellableUnits(here=6)})
    assert [notice.path for notice in short] == ["$.line_items[0]", "$.line_items[1]"]
    assert "6 available" in short[0].content


def test_units_that_are_here_go_to_earlier_lines_and_the_rest_is_awaited() -> None:
    lines = tuple(
        given_line(f"li_{n}").model_copy(update={"quantity": quantity})
        for n, quantity in enumerate((3, 4, 1))
    )
    ahead = SaleAhead(units=5, kind="backorder", expected=date(2026, 12, 15))
    found, notices = with_stock(lines, {SHIRT.sku: SellableUnits(here=4, ahead=ahead)})
    assert [line.awaited and line.awaited.units for line in found] == [None, 3, 1]
    assert found[1].awaited == AwaitedUnits(units=3, kind="backorder", expected=date(2026, 12, 15))
    assert [(one.type, one.code, one.path) for one in notices] == [
        ("info", "backorder", "$.line_items[1]"),
        ("info", "backorder", "$.line_items[2]"),
    ]
    assert "3 of 4 on back-order, expected by Dec 15, 2026." in notices[0].content
    found, notices = with_stock(lines, {SHIRT.sku: SellableUnits(here=2, ahead=ahead)})
    assert all(line.awaited is None for line in found)
    assert {(one.type, one.code) for one in notices} == {("error", "out_of_stock")}
    assert "7 available, 8 wanted" in notices[0].content


def test_an_item_without_stock_is_out_of_stock() -> None:
    _, (notice,) = with_stock([given_line("li_1")], {})
    assert (notice.type, notice.code, notice.severity) == ("error", "out_of_stock", "recoverable")
