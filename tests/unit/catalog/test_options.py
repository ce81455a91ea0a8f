"""Narrowing a product by its options, as UCP's catalog lookup has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.contract import OptionValue, Product
from deployments.catalog.domain.options import choose, options_of, relax, signals
from deployments.catalog.domain.sale import CurrentAvailability
from tests.unit.catalog.catalog_replica import NOW
from tests.unit.catalog.sample_products import SHIRT, product, variant

COLORS, SIZES = ["Red", "Blue", "Green"], ["S", "M", "L"]
NAMES = ["Color", "Size"]


def wish(**labels: str) -> tuple[OptionValue, ...]:
    return tuple(OptionValue(name=name, label=label) for name, label in labels.items())


def test_labels_are_shown_in_an_order_that_people_expect() -> None:
    sizes = ["60 cm", "XL", "S", "8 cm", "M"]
    found = product("p", *(variant(size, 1, color="Red", size=size) for size in sizes))
    assert options_of(found) == {"Color": ["Red"], "Size": ["S", "M", "XL", "8 cm", "60 cm"]}


@pytest.mark.parametrize(
    ("wanted", "preferences", "kept"),
    [
        (wish(Color="Red", Size="L"), [], wish(Color="Red", Size="L")),
        (wish(Size="L", Color="Blue"), ["Color", "Size"], wish(Color="Blue")),
        (wish(Size="L", Color="Blue"), ["Size", "Color"], wish(Size="L")),
        (wish(Size="L", Color="Blue"), ["Size"], wish(Size="L")),
        (wish(Size="L", Color="Blue"), [], wish(Color="Blue")),
        (wish(Color="Purple", Size="M"), ["Color", "Size"], wish(Size="M")),
        (wish(Material="Wool", Color="red"), ["Material"], wish(Color="Red")),
        (wish(color="blue"), ["COLOR"], wish(Color="Blue")),
        (wish(Color="Purple"), [], ()),
    ],
)
def test_what_no_variant_has_is_dropped_by_priority(
    wanted: tuple[OptionValue, ...], preferences: list[str], kept: tuple[OptionValue, ...]
) -> None:
    assert relax(SHIRT, wanted, preferences) == kept


def test_signals_are_relative_to_what_is_selected() -> None:
    found = signals(SHIRT, wish(Color="Blue"), CurrentAvailability({"S-BLUE-M": 1}, NOW))
    shown = {
        (name, value.label): (value.exists, value.available)
        for name, values in found.items()
        for value in values
    }
    assert shown == {
        ("Color", "Blue"): (True, True),
        ("Color", "Red"): (True, False),
        ("Size", "M"): (True, True),
        ("Size", "L"): (False, False),
    }


def test_nobody_knows_what_is_available_without_stock() -> None:
    found = signals(SHIRT, wish(Color="Blue"), CurrentAvailability(None, NOW))
    assert [value.available for value in found["Size"]] == [None, False]


@st.composite
def products(draw: st.DrawFn) -> Product:
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from(COLORS), st.sampled_from(SIZES)), min_size=1, unique=True
        )
    )
    return product("p", *(variant(f"{c}-{s}", 1, color=c, size=s) for c, s in pairs))


@given(
    products(),
    st.sampled_from([*COLORS, "Purple", None]),
    st.sampled_from([*SIZES, "XXL", None]),
    st.permutations(NAMES).flatmap(lambda names: st.sampled_from([names, names[:1], []])),
)
def test_a_relaxed_wish_is_a_part_of_it_that_exists_and_cannot_be_more(
    found: Product, color: str | None, size: str | None, preferences: list[str]
) -> None:
    wanted = tuple(
        OptionValue(name=name, label=label)
        for name, label in (("Color", color), ("Size", size))
        if label is not None
    )
    kept = relax(found, wanted, preferences)
    assert set(kept) <= set(wanted)
    assert choose(found.variants, kept)
    for dropped in set(wanted) - set(kept):
        assert not choose(found.variants, (*kept, dropped))
    if preferences:
        first = next((value for value in wanted if value.name == preferences[0]), None)
        if first is not None and choose(found.variants, (first,)):
            assert first in kept


@given(products(), st.sampled_from(COLORS), st.sets(st.sampled_from(COLORS)))
def test_a_value_exists_exactly_if_choosing_it_finds_something(
    found: Product, color: str, stocked: set[str]
) -> None:
    selected = relax(found, wish(Color=color), [])
    stock = {each.sku: int(each.options[0].label in stocked) for each in found.variants}
    for value in signals(found, selected, CurrentAvailability(stock, NOW))["Size"]:
        chosen = choose(found.variants, (*selected, OptionValue(name="Size", label=value.label)))
        assert value.exists == bool(chosen)
        assert value.available == any(stock[each.sku] for each in chosen)
