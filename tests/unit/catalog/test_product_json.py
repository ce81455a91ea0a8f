"""What is written of products is what would be written anew, whatever was written before."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.contract import OptionValue, Product
from deployments.catalog.domain.options import Selection
from deployments.catalog.domain.products import Offering
from deployments.catalog.domain.sale import CurrentAvailability
from deployments.catalog.product_json import ProductJson
from tests.unit.catalog.catalog_replica import NOW
from tests.unit.catalog.sample_products import BOTTLE, SHIRT

AT = "https://shop.example"


def dearer(product: Product) -> Product:
    variants = tuple(v.model_copy(update={"price": v.price + 1}) for v in product.variants)
    return product.model_copy(update={"variants": variants})


PRODUCTS = st.sampled_from([SHIRT, dearer(SHIRT), BOTTLE])
STOCKS = st.one_of(
    st.none(), st.dictionaries(st.sampled_from(["S-RED-M", "B-1"]), st.integers(0, 1))
).map(lambda units: CurrentAvailability(units, NOW))
SELECTIONS = st.sampled_from(
    [(), (OptionValue(name="Color", label="Blue"),), (OptionValue(name="Size", label="M"),)]
)


def offering(product: Product, shown: int) -> Offering:
    return Offering(product, product.variants[: shown + 1])


@given(
    st.lists(
        st.tuples(PRODUCTS, st.integers(0, 2), STOCKS, SELECTIONS, st.booleans()),
        min_size=2,
        max_size=12,
    ),
    st.sampled_from([0, 700, 10**6]),
)
def test_what_was_written_before_changes_nothing(
    asked: list[tuple[Product, int, CurrentAvailability, Selection, bool]], most_bytes: int
) -> None:
    used = ProductJson(AT, most_bytes=most_bytes)
    for product, shown, stock, selected, in_detail in asked:
        texts = [
            each.detail(offering(product, shown), stock, selected)
            if in_detail
            else each.all([offering(product, shown)], stock)
            for each in (used, ProductJson(AT))
        ]
        assert texts[0] == texts[1]
        json.loads(texts[0])


def test_ids_that_led_to_variants_are_told_beside_what_was_written_before() -> None:
    stock, write = CurrentAvailability({}, NOW), ProductJson(AT)
    plain = write.all([offering(SHIRT, 0)], stock)
    led = write.all([offering(SHIRT, 0)], stock, {"S-RED-M": [("shirt", "featured")]})
    (known,), (told,) = json.loads(plain), json.loads(led)
    assert told["variants"][0].pop("inputs") == [{"id": "shirt", "match": "featured"}]
    assert told == known
    assert write.all([offering(SHIRT, 0)], stock) == plain
