"""What the store ships with, as the services take it in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from deployments.catalog.contract import OptionValue, Product, Variant
from deployments.catalog.domain.products import category_values
from deployments.catalog.seed import products
from deployments.foundation.values.money import cents
from deployments.inventory.seed import stock
from deployments.pricing.contract import Offer
from deployments.pricing.seed import discount_codes, offers, tax_rates
from deployments.shipping.seed import shipping_methods

PRODUCTS = products()
VARIANTS: dict[str, Variant] = {
    variant.sku: variant for product in PRODUCTS for variant in product.variants
}


def product(id_: str) -> Product:
    (found,) = [product for product in PRODUCTS if product.id == id_]
    return found


def offer(id_: int) -> Offer:
    (found,) = [offer for offer in offers() if offer.id == id_]
    return found


def test_all_of_the_catalogue_is_there() -> None:
    assert (len(PRODUCTS), len(VARIANTS)) == (128, 304)
    assert len({product.id for product in PRODUCTS}) == 128
    assert all(each.product_id == found.id for found in PRODUCTS for each in found.variants)


def test_every_model_has_a_sentence_of_its_own() -> None:
    sentences = [product.description for product in PRODUCTS]
    assert len(set(sentences)) == 128
    assert all(each.endswith(".") and 40 < len(each) < 140 for each in sentences)


def test_prices_are_rounded_half_up_to_the_cent() -> None:
    assert VARIANTS["FW-M423"].price == 6075  # 60.7450
    assert VARIANTS["FW-M762"].price == 20903  # 209.0250
    assert VARIANTS["BK-R93R-62"].price == 357827


def test_weights_are_in_grams_and_none_where_nobody_knows() -> None:
    assert VARIANTS["FR-R92B-58"].weight_grams == 1016  # 2.24 lb
    assert VARIANTS["FW-R820"].weight_grams == 650  # 650.00 g
    assert VARIANTS["CA-1098"].weight_grams is None


def test_colours_and_sizes_are_options_that_tell_the_variants_of_a_product_apart() -> None:
    assert VARIANTS["BK-R93R-62"].options == (
        OptionValue(name="Color", label="Red"),
        OptionValue(name="Size", label="62 cm"),
    )
    assert VARIANTS["SO-B909-M"].options[1] == OptionValue(name="Size", label="M")
    assert VARIANTS["HY-1023-70"].options[1] == OptionValue(name="Size", label="70 oz")
    for found in PRODUCTS:
        assert len({each.options for each in found.variants}) == len(found.variants)


def test_every_product_has_a_category() -> None:
    assert category_values(product("model-25")) == ["Bikes", "Bikes > Road Bikes"]
    assert category_values(product("product-514")) == ["Components", "Components > Saddles"]
    assert {product.categories[0] for product in PRODUCTS} == {
        "Accessories",
        "Bikes",
        "Clothing",
        "Components",
    }


def test_stock_is_of_skus_that_exist() -> None:
    rows = stock()
    assert len(rows) == 487
    assert {row.sku for row in rows} <= VARIANTS.keys()
    assert sum(row.quantity for row in rows if row.sku == "SA-M198") == 267 + 318 + 212


def test_shipping_methods_cost_cents() -> None:
    methods = {method.id: method for method in shipping_methods()}
    assert len(methods) == 5
    assert (methods["1"].base_charge, methods["1"].charge_per_pound) == (395, 99)
    assert methods["1"].zones >= {"US"}


def test_offers_take_something_off_some_skus_between_two_days() -> None:
    found = offers()
    assert len(found) == 14
    assert offer(2).percent == "2"
    assert (offer(2).min_quantity, offer(2).max_quantity) == (11, 14)
    assert offer(7).percent == "35"
    assert offer(7).starts.isoformat() == "2023-04-13T00:00:00+00:00"
    assert offer(7).ends.isoformat() == "2023-05-29T00:00:00+00:00"
    assert offer(2).groups == {"resellers"}
    assert offer(10).groups == frozenset()
    assert all(each.skus and each.skus <= VARIANTS.keys() for each in found)


def test_tax_rates_are_those_of_retail() -> None:
    rates = tax_rates()
    assert len(rates) == 26
    (alberta,) = [rate for rate in rates if rate.region == "AB"]
    assert (alberta.country, alberta.percent, alberta.region_name) == ("CA", "14.0000", "Alberta")
    assert max(Counter((rate.country, rate.region) for rate in rates).values()) == 1


def test_there_is_a_discount_code_of_every_kind() -> None:
    kinds = {code.kind for code in discount_codes()}
    assert kinds == {"percent", "amount", "free_shipping"}


def test_real_orders_can_be_bought_at_the_prices_they_were() -> None:
    replayed = Path(__file__).parents[1] / "integration" / "data" / "orders.jsonl"
    stocked = Counter({row.sku: 0 for row in stock()})
    for row in stock():
        stocked[row.sku] += row.quantity
    orders = [json.loads(line) for line in replayed.read_text().splitlines()]
    assert len(orders) == 60
    for order in orders:
        prices = [VARIANTS[line["sku"]].price * line["quantity"] for line in order["lines"]]
        assert sum(prices) == cents(order["sub_total"])
        assert all(stocked[line["sku"]] > 0 for line in order["lines"])
