"""What ids name, what filters leave, and what a variant says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.contract import Product, Variant
from deployments.catalog.domain.products import (
    Assortment,
    Filters,
    category_values,
    described,
    passing,
    price_range,
)
from tests.unit.catalog.sample_products import BOTTLE, SHIRT, product, variant


def skus(variants: tuple[Variant, ...]) -> list[str]:
    return [each.sku for each in variants]


@pytest.mark.parametrize("id_", ["S-BLUE-M", "variant-S-BLUE-M"])
def test_a_variant_is_found_by_its_id_and_by_its_sku(id_: str) -> None:
    named = Assortment([SHIRT]).find(id_)
    assert named is not None
    assert (named.product, named.variant, named.match) == (SHIRT, SHIRT.variants[2], "exact")


def test_a_product_id_names_an_item_only_if_there_is_no_choice() -> None:
    assortment = Assortment([SHIRT, BOTTLE])
    assert assortment.item("bottle") == BOTTLE.variants[0]
    assert assortment.item("shirt") is None
    assert assortment.item("S-RED-M") == SHIRT.variants[0]
    assert assortment.item("nothing") is None


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(), ["S-RED-M", "S-RED-L", "S-BLUE-M"]),
        (Filters(min_price=2200), ["S-RED-L", "S-BLUE-M"]),
        (Filters(max_price=2200), ["S-RED-M", "S-RED-L"]),
        (Filters(min_price=2201, max_price=2499), []),
        (Filters(min_price=3000, max_price=1000), []),
        (Filters(categories=("Clothing",), max_price=2000), ["S-RED-M"]),
        (Filters(categories=("Shoes", "clothing > shirts"), min_price=2500), ["S-BLUE-M"]),
        (Filters(categories=(" SHIRTS ",), min_price=2500), ["S-BLUE-M"]),
        (Filters(categories=("Shirt",)), []),
    ],
)
def test_filters_leave_the_variants_that_all_of_them_allow(
    filters: Filters, left: list[str]
) -> None:
    assert skus(passing(SHIRT, filters)) == left


def test_categories_are_paths_from_wide_to_narrow() -> None:
    assert category_values(SHIRT) == ["Clothing", "Clothing > Shirts"]


def test_a_price_range_covers_all_variants() -> None:
    assert price_range(SHIRT) == (2000, 2500)


def test_a_variant_without_a_description_is_described_by_its_attributes() -> None:
    heavy = variant("A", 1, color="Red", size="62 cm").model_copy(update={"weight_grams": 6804})
    light = variant("B", 1).model_copy(update={"weight_grams": 999})
    own = variant("C", 1, color="Red").model_copy(update={"description": "Its own."})
    plain = variant("D", 1)
    found = described(product("p", heavy, light, own, plain, title="Road-150"))
    assert [each.description for each in found.variants] == [
        "Road-150: Color Red, Size 62 cm, 6.80 kg.",
        "Road-150: 999 g.",
        "Its own.",
        "A thing.",
    ]


PRODUCTS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=3, unique=True),
)


def _assorted(of: dict[str, list[str]]) -> dict[str, Product]:
    return {
        id_: Product(
            id=id_,
            title=id_,
            description="",
            variants=tuple(
                Variant(id=f"{id_}{name}", sku=f"S{id_}{name}", product_id=id_, title=name, price=1)
                for name in names
            ),
        )
        for id_, names in of.items()
    }


@given(PRODUCTS, PRODUCTS)
def test_an_assortment_that_changes_is_what_a_new_one_would_be(
    one: dict[str, list[str]], two: dict[str, list[str]]
) -> None:
    before, now = _assorted(one), _assorted(two)
    gone = [id_ for id_ in before if id_ not in now]
    becomes = Assortment(before.values()).after(list(now.values()), gone)
    anew = Assortment(now.values())
    assert (becomes.products, becomes.ids) == (anew.products, anew.ids)
    for name in (*before, *now, *(v.sku for p in before.values() for v in p.variants)):
        assert becomes.find(name) == anew.find(name)
    for each in (v for one_ in now.values() for v in one_.variants):
        assert becomes.find(each.sku) == becomes.find(each.id) == anew.find(each.id)
