"""Whatever was bought, its order is valid and adds up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.orders.contract.order import HistoryEntry, OrderedItem
from deployments.orders.domain.orders import order_of
from deployments.orders.wire import order_json, promise
from tests.ucp_schemas import assert_valid
from tests.unit.orders.sample_orders import NOON, PUBLIC_URL, delivery, item, order


@st.composite
def items(draw: st.DrawFn) -> tuple[OrderedItem, ...]:
    count = draw(st.integers(1, 6))
    found = []
    for number in range(count):
        quantity, price = draw(st.integers(1, 10_000)), draw(st.integers(0, 400_000))
        discount = draw(st.integers(0, quantity * price))
        found.append(item(number, quantity, price, discount))
    return tuple(found)


@given(items=items(), shipping=st.integers(0, 10_000), tax=st.integers(0, 10_000))
def test_an_order_is_valid_and_adds_up(
    items: tuple[OrderedItem, ...], shipping: int, tax: int
) -> None:
    placed = order(items=items, shipping=shipping, tax=tax)
    history = [HistoryEntry(at=NOON, what="placed")]
    body = order_json(order_of(placed, "FH-100001", history, PUBLIC_URL))
    assert_valid("order", body)
    for totals in (body["totals"], *(line["totals"] for line in body["line_items"])):
        *parts, total = totals
        assert (parts[0]["type"], total["type"]) == ("subtotal", "total")
        assert sum(part["amount"] for part in parts) == total["amount"]
    goods = sum(line["totals"][-1]["amount"] for line in body["line_items"])
    assert goods + shipping + tax == body["totals"][-1]["amount"]


@pytest.mark.parametrize(
    ("first", "last", "wording"),
    [
        ((2026, 6, 3), (2026, 6, 3), "arrives Jun 3, 2026"),
        ((2026, 6, 3), (2026, 6, 5), "arrives Jun 3 \u2013 5, 2026"),
        ((2026, 12, 30), (2027, 1, 2), "arrives Dec 30, 2026 \u2013 Jan 2, 2027"),
    ],
)
def test_the_promise_is_worded_in_days(
    first: tuple[int, int, int], last: tuple[int, int, int], wording: str
) -> None:
    days = (datetime(*first, 12, tzinfo=UTC), datetime(*last, 12, tzinfo=UTC))
    assert promise(delivery(*days)) == f"Ground by Overland, {wording}"
