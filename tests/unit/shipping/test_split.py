"""An order is split by where its units lie, every unit into one shipment."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.inventory.events import ReservedUnits
from deployments.shipping.domain.shipments import (
    HalvesDisagreeError,
    committed_half,
    paid_half,
    pause_after,
    shipment_id,
    shipments_of,
    split,
)
from deployments.shipping.events import ShipmentLine
from tests.unit.shipping.sample_events import committed_event, paid_event, reserved
from tests.unit.shipping.sample_methods import WEDNESDAY

Order = tuple[list[ShipmentLine], list[ReservedUnits]]


def line(line_id: str, sku: str, quantity: int) -> ShipmentLine:
    return ShipmentLine(line_id=line_id, sku=sku, quantity=quantity)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Lines, of which several may have one SKU, and the locations that their units come from."""
    skus = draw(st.lists(st.sampled_from("XYZ"), min_size=1, max_size=6))
    lines = [line(f"li_{n}", sku, draw(st.integers(1, 9))) for n, sku in enumerate(skus)]
    units = [(one.sku, draw(st.integers(1, 4))) for one in lines for _ in range(one.quantity)]
    # Inventory may name a location more than once.
    cut = draw(st.integers(0, len(units)))
    counted = [*Counter(units[:cut]).items(), *Counter(units[cut:]).items()]
    return lines, draw(st.permutations([reserved(*place, count) for place, count in counted]))


@given(orders())
def test_every_unit_is_in_one_shipment_from_where_it_was_committed(order: Order) -> None:
    lines, places = order
    parts = split(lines, places)
    shipped = [one for part in parts.values() for one in part]
    assert all(one.quantity > 0 for one in shipped)
    by_line: Counter[str] = Counter()
    by_place: Counter[tuple[str, int]] = Counter()
    for location, part in parts.items():
        assert len({one.line_id for one in part}) == len(part)
        for one in part:
            by_line[one.line_id] += one.quantity
            by_place[one.sku, location] += one.quantity
    committed: Counter[tuple[str, int]] = Counter()
    for place in places:
        committed[place.sku, place.location_id] += place.quantity
    assert by_line == Counter({one.line_id: one.quantity for one in lines})
    assert by_place == committed
    assert {one.line_id: one.sku for one in shipped} == {one.line_id: one.sku for one in lines}


@given(orders(), st.randoms(use_true_random=False))
def test_whoever_splits_comes_to_the_same(order: Order, shuffle: random.Random) -> None:
    lines, places = order
    shuffled = places.copy()
    shuffle.shuffle(shuffled)
    assert split(lines, shuffled) == split(lines, places)
    assert list(split(lines, places)) == sorted(split(lines, places))


@given(orders(), st.data())
def test_halves_of_which_a_unit_differs_disagree(order: Order, data: st.DataObject) -> None:
    lines, places = order
    n = data.draw(st.integers(0, len(places) - 1))
    more = data.draw(st.sampled_from([-1, 1]))
    wrong = places[n].model_copy(update={"quantity": places[n].quantity + more})
    with pytest.raises(HalvesDisagreeError):
        split(lines, [*places[:n], wrong, *places[n + 1 :]])


@pytest.mark.parametrize(
    "places",
    [[], [("X", 1, 2)], [("X", 1, 2), ("Z", 1, 1)], [("X", 1, 2), ("Y", 1, 1), ("Z", 1, 1)]],
)
def test_halves_of_other_goods_disagree(places: list[tuple[str, int, int]]) -> None:
    lines = [line("li_1", "X", 2), line("li_2", "Y", 1)]
    with pytest.raises(HalvesDisagreeError):
        split(lines, [reserved(*place) for place in places])


def test_lines_of_one_sku_are_served_in_their_order() -> None:
    lines = [line("li_1", "X", 3), line("li_2", "Y", 1), line("li_3", "X", 2)]
    places = [reserved("X", 6, 4), reserved("Y", 6, 1), reserved("X", 1, 1)]
    assert split(lines, places) == {
        1: (line("li_1", "X", 1),),
        6: (line("li_1", "X", 2), line("li_2", "Y", 1), line("li_3", "X", 2)),
    }


def test_a_shipment_says_all_that_its_carrier_needs() -> None:
    paid = paid_half(paid_event("order_1", [("li_1", "X", 2)], "ZY"))
    committed = committed_half(committed_event("order_1", [("X", 6, 2)]))
    (made,) = shipments_of(paid, committed, WEDNESDAY)
    parcel = made.parcel()
    assert (parcel.key, parcel.carrier, parcel.service) == (made.id, "ZY", "Ground")
    assert parcel.destination.postal_code == "95616"
    assert parcel.lines == (line("li_1", "X", 2),)
    assert parcel.ordered_at == WEDNESDAY


def test_the_id_of_a_shipment_is_of_its_order_and_location_alone() -> None:
    assert shipment_id("order_1", 1) == shipment_id("order_1", 1)
    ids = {
        shipment_id(order, location) for order in ("order_1", "order_11") for location in (1, 11)
    }
    assert len(ids) == 4


def test_pauses_grow_to_a_quarter_of_an_hour() -> None:
    assert [pause_after(n) for n in (1, 2, 3, 9, 10, 10**6)] == [2, 4, 8, 512, 900, 900]
