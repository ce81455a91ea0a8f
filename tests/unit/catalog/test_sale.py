"""A sale's window: outside it a variant is neither found nor sold, and lookup says why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deployments.catalog.contract import Product, ResolveItems, Variant
from deployments.catalog.domain.sale import (
    CurrentAvailability,
    on_sale_only,
    sale_state,
    why_off_sale,
)
from tests.ucp_schemas import assert_valid
from tests.unit.catalog.catalog_replica import NOW, CatalogReplica, eventually
from tests.unit.catalog.sample_products import SHIRT, product, variant

DAY = timedelta(days=1)
moments = st.none() | st.integers(-3, 3).map(lambda days: NOW + days * DAY)


def windowed(
    sku: str, begins: datetime | None = None, ends: datetime | None = None, **options: str
) -> Variant:
    return variant(sku, 1000, **options).model_copy(
        update={"on_sale_from": begins, "on_sale_until": ends}
    )


ENDED = windowed("C-RED", None, NOW - DAY, color="Red")
COMING = windowed("C-BLUE", NOW + DAY, NOW + 2 * DAY, color="Blue")
SOLD = windowed("C-GREEN", NOW, NOW + DAY, color="Green")
CAP = product("cap", ENDED, COMING, SOLD, title="Cycling Cap")
OLD = product("old", windowed("O-1", None, NOW), title="Penny-Farthing")
SOON = product("soon", windowed("N-1", NOW + DAY), title="Recumbent")


@given(moments, moments)
def test_a_variant_is_on_sale_from_its_first_moment_to_before_its_end(
    begins: datetime | None, ends: datetime | None
) -> None:
    on_sale = (begins is None or begins <= NOW) and (ends is None or ends > NOW)
    state = sale_state(windowed("V", begins, ends), NOW)
    assert (state == "on_sale") == on_sale
    assert (why_off_sale(windowed("V", begins, ends), NOW) is None) == on_sale


def test_a_window_that_ends_before_it_begins_is_a_mistake() -> None:
    row = variant("V", 1).model_dump() | {"on_sale_from": NOW, "on_sale_until": NOW - DAY}
    with pytest.raises(ValidationError, match="must not end before it begins"):
        Variant.model_validate(row)


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Variant.model_validate(variant("V", 1).model_dump() | {"on_sale_from": "2026-06-01"})


def test_what_cannot_be_bought_comes_last_and_nothing_moves_when_nobody_knows() -> None:
    def order(units: dict[str, int] | None, found: Product) -> list[str]:
        ordered = CurrentAvailability(units, NOW).sellable_first(found.variants)
        return [each.sku for each in ordered]

    assert order({"S-RED-L": 1, "S-BLUE-M": 2}, SHIRT) == ["S-RED-L", "S-BLUE-M", "S-RED-M"]
    assert order(None, SHIRT) == [each.sku for each in SHIRT.variants]
    assert order(None, CAP) == ["C-GREEN", "C-RED", "C-BLUE"]


def test_a_product_without_windows_is_itself() -> None:
    assert on_sale_only(SHIRT, NOW) is SHIRT
    assert on_sale_only(OLD, NOW) is None


@pytest.fixture
async def selling(stocked: CatalogReplica) -> CatalogReplica:
    await stocked.sells(CAP, OLD, SOON, batch="windows")
    stocked.stock.units |= {"C-RED": 1, "C-BLUE": 1, "C-GREEN": 1, "O-1": 1, "N-1": 1}
    return stocked


async def post(http: httpx.AsyncClient, path: str, body: Any) -> Any:  # noqa: ANN401 - JSON.
    answer = await http.post(path, json=body)
    assert answer.status_code == 200
    return answer.json()


def availability(answer: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    return {
        each["sku"]: each["availability"]
        for found in answer["products"]
        for each in found["variants"]
    }


async def test_search_finds_what_is_on_sale_and_nothing_else(
    http: httpx.AsyncClient, selling: CatalogReplica
) -> None:
    found = await post(http, "/search", {"query": "cap"})
    assert_valid("search", found)
    assert availability(found) == {"C-GREEN": {"available": True, "status": "in_stock"}}
    (shown,) = found["products"]
    assert shown["options"] == [{"name": "Color", "values": [{"label": "Green"}]}]
    for gone in ("penny-farthing", "O-1", "recumbent", "N-1"):
        assert (await post(http, "/search", {"query": gone}))["products"] == []
    everything = await post(http, "/search", {"filters": {"categories": ["Things"]}})
    assert [each["id"] for each in everything["products"]] == ["cap"]


async def test_search_follows_the_clock(http: httpx.AsyncClient, selling: CatalogReplica) -> None:
    selling.clock.forward(DAY.total_seconds())
    found = await post(http, "/search", {"query": "cap"})
    assert list(availability(found)) == ["C-BLUE"]
    assert [p["id"] for p in (await post(http, "/search", {"query": "N-1"}))["products"]] == [
        "soon"
    ]


async def test_lookup_shows_what_is_discontinued_or_not_yet_on_sale(
    http: httpx.AsyncClient, selling: CatalogReplica
) -> None:
    ids = ["C-RED", "variant-C-BLUE", "C-GREEN", "old"]
    found = await post(http, "/lookup", {"ids": ids})
    assert_valid("lookup", found)
    assert availability(found) == {
        "C-RED": {"available": False, "status": "discontinued"},
        "C-BLUE": {"available": False, "status": "not_yet_on_sale"},
        "C-GREEN": {"available": True, "status": "in_stock"},
        "O-1": {"available": False, "status": "discontinued"},
    }


async def test_a_product_features_a_variant_that_is_on_sale(
    http: httpx.AsyncClient, selling: CatalogReplica
) -> None:
    (found,) = (await post(http, "/lookup", {"ids": ["cap"]}))["products"]
    assert [each["sku"] for each in found["variants"]] == ["C-GREEN"]
    shown = await post(http, "/product", {"id": "cap"})
    assert_valid("product", shown)
    assert shown["product"]["variants"][0]["sku"] == "C-GREEN"
    (colors,) = shown["product"]["options"]
    assert {value["label"]: value["available"] for value in colors["values"]} == {
        "Blue": False,
        "Green": True,
        "Red": False,
    }


async def test_resolving_says_why_something_cannot_be_bought(selling: CatalogReplica) -> None:
    ids = ("C-RED", "C-BLUE", "C-GREEN", "old", "soon", "nothing")
    resolved = await selling.service.resolve(ResolveItems(ids=ids))
    assert list(resolved.items) == ["C-GREEN"]
    assert resolved.off_sale == {
        "C-RED": "Thing Red is discontinued.",
        "C-BLUE": "Thing Blue goes on sale on Jun 16, 2026.",
        "old": "Thing is discontinued.",
        "soon": "Thing goes on sale on Jun 16, 2026.",
    }


def first_variant(catalog: CatalogReplica, product_id: str) -> Variant:
    return catalog.snapshot.assortment.products[product_id].variants[0]


async def test_a_window_is_kept_and_may_change(selling: CatalogReplica) -> None:
    kept = {each.sku: each for each in selling.snapshot.assortment.products["cap"].variants}
    assert (kept["C-BLUE"].on_sale_from, kept["C-BLUE"].on_sale_until) == (NOW + DAY, NOW + 2 * DAY)
    again = product("old", windowed("O-1"), title="Penny-Farthing")
    await selling.sells(again, batch="back again")
    await eventually(lambda: sale_state(first_variant(selling, "old"), NOW) == "on_sale")
    resolved = await selling.service.resolve(ResolveItems(ids=("O-1",)))
    assert list(resolved.items) == ["O-1"]
