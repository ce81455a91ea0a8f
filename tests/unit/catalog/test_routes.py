"""The catalogue over HTTP, answer by answer against the published schemas."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.ucp_schemas import Kind, assert_valid
from tests.unit.catalog.catalog_replica import CatalogReplica
from tests.unit.catalog.sample_products import product, variant

Json = dict[str, Any]
AGENT = {"UCP-Agent": 'profile="https://agent.example/profile"'}


async def post(http: httpx.AsyncClient, path: str, body: Json) -> Json:
    """An answer that is valid for its path."""
    response = await http.post(path, json=body, headers=AGENT)
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    kinds: dict[str, Kind] = {"/search": "search", "/lookup": "lookup", "/product": "product"}
    assert_valid(kinds[path] if answer["ucp"]["status"] == "success" else "error", answer)
    return answer


async def refused(http: httpx.AsyncClient, path: str, body: object) -> str:
    response = await http.post(path, json=body)
    assert response.status_code == 400, response.text
    assert response.json()["content"]
    code: str = response.json()["code"]
    return code


def ids(answer: Json) -> list[str]:
    return [each["id"] for each in answer["products"]]


def skus(product_json: Json) -> list[str]:
    return [each["sku"] for each in product_json["variants"]]


def inputs(answer: Json) -> dict[str, list[tuple[str, str]]]:
    return {
        each["sku"]: [(entry["id"], entry["match"]) for entry in each["inputs"]]
        for found in answer["products"]
        for each in found["variants"]
    }


# Search


async def test_a_search_shows_products_with_their_variants(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/search", {"query": "bottle"})
    assert answer["ucp"]["capabilities"] == {
        "dev.ucp.shopping.catalog.search": [{"version": "2026-04-08"}]
    }
    assert answer["pagination"] == {"has_next_page": False, "total_count": 1}
    assert answer["products"] == [
        {
            "id": "bottle",
            "title": "Water Bottle",
            "description": {"plain": "A bottle for any bicycle."},
            "categories": [{"value": "Accessories", "taxonomy": "merchant"}],
            "price_range": {
                "min": {"amount": 499, "currency": "USD"},
                "max": {"amount": 499, "currency": "USD"},
            },
            "variants": [
                {
                    "id": "variant-B-1",
                    "sku": "B-1",
                    "title": "Thing",
                    "description": {"plain": "A bottle for any bicycle."},
                    "price": {"amount": 499, "currency": "USD"},
                    "options": [],
                    "availability": {"available": True, "status": "in_stock"},
                }
            ],
        }
    ]


async def test_the_variant_that_fits_comes_first_and_the_sold_out_last(
    http: httpx.AsyncClient,
) -> None:
    (shirt,) = (await post(http, "/search", {"query": "shirt"}))["products"]
    assert skus(shirt) == ["S-RED-L", "S-BLUE-M", "S-RED-M"]
    (shirt,) = (await post(http, "/search", {"query": "shirt red m"}))["products"]
    assert skus(shirt)[0] == "S-RED-M"
    assert shirt["variants"][0]["availability"] == {"available": False, "status": "out_of_stock"}
    assert shirt["options"] == [
        {"name": "Color", "values": [{"label": "Blue"}, {"label": "Red"}]},
        {"name": "Size", "values": [{"label": "M"}, {"label": "L"}]},
    ]


async def test_nothing_found_is_an_empty_list_without_messages(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/search", {"query": "piano"})
    assert answer["products"] == []
    assert answer["pagination"] == {"has_next_page": False, "total_count": 0}
    assert "messages" not in answer


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"categories": ["Clothing > Shirts"]}, ["shirt"]),
        ({"categories": ["clothing", "Accessories"]}, ["bottle", "shirt"]),
        ({"categories": ["Boats"]}, []),
        ({"price": {"max": 499}}, ["bottle"]),
        ({"price": {"min": 500}}, ["shirt"]),
        ({"price": {"min": 499, "max": 2000}, "categories": ["Shirts"]}, ["shirt"]),
        ({"price": {"min": 9, "max": 1}}, []),
        ({"price": {"max": 499}, "org.example.color": "red"}, ["bottle"]),
    ],
)
async def test_filters_alone_browse_the_catalogue(
    http: httpx.AsyncClient, filters: Json, found: list[str]
) -> None:
    answer = await post(http, "/search", {"filters": filters, "context": {"currency": "USD"}})
    assert ids(answer) == found
    assert answer["pagination"]["total_count"] == len(found)


async def test_a_price_filter_leaves_the_variants_within_it(http: httpx.AsyncClient) -> None:
    body = {"query": "shirt", "filters": {"price": {"min": 2300}}}
    (shirt,) = (await post(http, "/search", body))["products"]
    assert skus(shirt) == ["S-BLUE-M"]
    assert shirt["price_range"]["min"]["amount"] == 2000


async def test_a_price_filter_in_another_currency_is_ignored_and_told(
    http: httpx.AsyncClient,
) -> None:
    body = {"filters": {"price": {"max": 1}}, "context": {"currency": "eur"}}
    answer = await post(http, "/search", body)
    assert ids(answer) == ["bottle", "shirt"]
    (message,) = answer["messages"]
    assert (message["type"], message["code"]) == ("info", "price_filter_ignored")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": " \t\n"},
        {"filters": {}},
        {"filters": {"categories": [], "price": {}}},
        {"filters": {"org.example.color": "red"}},
        {"pagination": {"limit": 5}, "context": {"intent": "a gift"}},
    ],
)
async def test_a_search_asks_for_something(http: httpx.AsyncClient, body: Json) -> None:
    assert await refused(http, "/search", body) == "invalid_request"


async def test_pages_follow_each_other_by_cursor(
    http: httpx.AsyncClient, stocked: CatalogReplica
) -> None:
    lamps = [product(f"lamp-{n}", variant(f"L-{n}", 5), title="Lamp") for n in range(25)]
    await stocked.sells(*lamps, batch="lamps")
    first = await post(http, "/search", {"query": "lamp"})
    assert len(first["products"]) == 10
    seen, cursor = ids(first), first["pagination"]["cursor"]
    while cursor is not None:
        page = {"cursor": cursor, "limit": 7}
        answer = await post(http, "/search", {"query": " lamp ", "pagination": page})
        assert answer["pagination"]["total_count"] == 25
        assert answer["pagination"]["has_next_page"] == ("cursor" in answer["pagination"])
        seen += ids(answer)
        cursor = answer["pagination"].get("cursor")
    assert sorted(seen) == sorted(each.id for each in lamps)


async def test_a_page_that_is_too_large_is_clamped(
    http: httpx.AsyncClient, stocked: CatalogReplica
) -> None:
    lamps = [product(f"lamp-{n}", variant(f"L-{n}", 5), title="Lamp") for n in range(60)]
    await stocked.sells(*lamps, batch="lamps")
    for limit in (51, 10**6, 10**25):
        body = {"query": "lamp", "pagination": {"limit": limit}}
        assert len((await post(http, "/search", body))["products"]) == 50


async def test_a_cursor_that_is_not_this_searchs_is_refused(http: httpx.AsyncClient) -> None:
    body = {"filters": {"price": {"min": 1}}, "pagination": {"limit": 1}}
    cursor = (await post(http, "/search", body))["pagination"]["cursor"]
    for foreign in (cursor[:-2], "eyJwYWdlIjoxfQ==", "é", ""):
        page = {"pagination": {"cursor": foreign}}
        assert await refused(http, "/search", body | page) == "invalid_cursor"
    other = {"query": "lamp", "pagination": {"cursor": cursor}}
    assert await refused(http, "/search", other) == "invalid_cursor"


# Lookup


async def test_each_variant_says_which_ids_led_to_it_and_how(http: httpx.AsyncClient) -> None:
    wanted = ["shirt", "S-BLUE-M", "variant-S-BLUE-M", "S-RED-L", "bottle"]
    answer = await post(http, "/lookup", {"ids": wanted})
    assert ids(answer) == ["shirt", "bottle"]
    assert inputs(answer) == {
        "S-RED-L": [("shirt", "featured"), ("S-RED-L", "exact")],
        "S-BLUE-M": [("S-BLUE-M", "exact"), ("variant-S-BLUE-M", "exact")],
        "B-1": [("bottle", "featured")],
    }
    assert "messages" not in answer


async def test_a_product_id_leads_to_one_variant_that_is_in_stock(http: httpx.AsyncClient) -> None:
    (shirt,) = (await post(http, "/lookup", {"ids": ["shirt"]}))["products"]
    assert skus(shirt) == ["S-RED-L"]
    assert shirt["price_range"]["max"]["amount"] == 2500


async def test_an_id_that_comes_twice_counts_once(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/lookup", {"ids": ["B-1", "B-1", "nope", "nope"]})
    assert inputs(answer) == {"B-1": [("B-1", "exact")]}
    assert len(answer["messages"]) == 1


async def test_unknown_ids_are_told_and_the_others_shown(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/lookup", {"ids": ["nope", "bottle", ""]})
    assert ids(answer) == ["bottle"]
    assert answer["messages"] == [
        {"type": "info", "code": "not_found", "content": "nope"},
        {"type": "info", "code": "not_found", "content": ""},
    ]
    assert (await post(http, "/lookup", {"ids": ["nope"]}))["products"] == []


async def test_filters_narrow_what_was_looked_up(http: httpx.AsyncClient) -> None:
    body: Json = {"ids": ["shirt", "S-RED-M", "bottle"], "filters": {"price": {"min": 2300}}}
    answer = await post(http, "/lookup", body)
    assert inputs(answer) == {"S-BLUE-M": [("shirt", "featured")]}
    assert "messages" not in answer
    body["filters"] = {"categories": ["Accessories"]}
    assert ids(await post(http, "/lookup", body)) == ["bottle"]


async def test_a_lookup_has_a_limit(http: httpx.AsyncClient) -> None:
    many = [f"id-{n}" for n in range(101)]
    assert await refused(http, "/lookup", {"ids": many}) == "request_too_large"
    assert await refused(http, "/lookup", {"ids": ["same"] * 5000}) == "request_too_large"
    assert (await post(http, "/lookup", {"ids": many[:100]}))["products"] == []


# Product


def selected(answer: Json) -> dict[str, str]:
    return {each["name"]: each["label"] for each in answer["product"]["selected"]}


def signalled(answer: Json) -> dict[str, tuple[bool, bool | None]]:
    return {
        value["label"]: (value["exists"], value.get("available"))
        for option in answer["product"]["options"]
        for value in option["values"]
    }


async def test_a_product_features_a_variant_that_is_in_stock(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/product", {"id": "shirt"})
    assert "dev.ucp.shopping.catalog.lookup" in answer["ucp"]["capabilities"]
    assert selected(answer) == {"Color": "Red", "Size": "L"}
    assert skus(answer["product"]) == ["S-RED-L"]
    assert signalled(answer) == {
        "Red": (True, True),
        "Blue": (False, False),
        "M": (True, False),
        "L": (True, True),
    }


async def test_a_selection_narrows_the_variants(http: httpx.AsyncClient) -> None:
    body = {"id": "shirt", "selected": [{"name": "Color", "label": "Red"}]}
    answer = await post(http, "/product", body)
    assert selected(answer) == {"Color": "Red"}
    assert skus(answer["product"]) == ["S-RED-L", "S-RED-M"]
    assert signalled(answer) == {
        "Red": (True, True),
        "Blue": (True, True),
        "M": (True, False),
        "L": (True, True),
    }


@pytest.mark.parametrize(
    ("preferences", "kept"),
    [
        (["Color", "Size"], {"Color": "Blue"}),
        (["Size", "Color"], {"Size": "L"}),
        (["Size"], {"Size": "L"}),
        (None, {"Color": "Blue"}),
    ],
)
async def test_a_selection_that_nothing_fits_is_relaxed_by_preference(
    http: httpx.AsyncClient, preferences: list[str] | None, kept: dict[str, str]
) -> None:
    wish = [{"name": "Size", "label": "L"}, {"name": "Color", "label": "Blue"}]
    body: Json = {"id": "shirt", "selected": wish}
    if preferences is not None:
        body["preferences"] = preferences
    assert selected(await post(http, "/product", body)) == kept


async def test_a_selection_of_which_nothing_is_left_shows_every_variant(
    http: httpx.AsyncClient,
) -> None:
    body = {"id": "shirt", "selected": [{"name": "Material", "label": "Wool"}]}
    answer = await post(http, "/product", body)
    assert answer["product"]["selected"] == []
    assert len(answer["product"]["variants"]) == 3


@pytest.mark.parametrize("id_", ["S-RED-M", "variant-S-RED-M"])
async def test_a_variant_comes_first_and_selects_its_own_options(
    http: httpx.AsyncClient, id_: str
) -> None:
    body = {"id": id_, "selected": [{"name": "Color", "label": "Blue"}]}
    answer = await post(http, "/product", body)
    assert skus(answer["product"]) == ["S-RED-M"]
    assert selected(answer) == {"Color": "Red", "Size": "M"}


async def test_a_product_without_options_selects_nothing(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/product", {"id": "bottle"})
    assert "selected" not in answer["product"]
    assert "options" not in answer["product"]


async def test_a_price_filter_applies_to_a_products_variants(http: httpx.AsyncClient) -> None:
    body: Json = {"id": "shirt", "filters": {"price": {"min": 2300}}}
    answer = await post(http, "/product", body)
    assert skus(answer["product"]) == ["S-BLUE-M"]
    assert selected(answer) == {"Color": "Blue", "Size": "M"}
    body["selected"] = [{"name": "Color", "label": "Red"}]
    answer = await post(http, "/product", body)
    assert answer["ucp"]["status"] == "error"


@pytest.mark.parametrize("id_", ["nope", "", "x" * 5000, "é\n"])
async def test_an_unknown_product_is_an_outcome_and_no_failure(
    http: httpx.AsyncClient, id_: str
) -> None:
    answer = await post(http, "/product", {"id": id_})
    assert answer["ucp"]["status"] == "error"
    (message,) = answer["messages"]
    assert (message["code"], message["severity"]) == ("not_found", "unrecoverable")


async def test_each_option_is_selected_once_at_most(http: httpx.AsyncClient) -> None:
    twice = [{"name": "Size", "label": "M"}, {"name": "size", "label": "L"}]
    body = {"id": "shirt", "selected": twice}
    assert await refused(http, "/product", body) == "invalid_request"


# Dependencies and callers


async def test_without_inventory_everything_but_the_availability_is_shown(
    http: httpx.AsyncClient, stocked: CatalogReplica
) -> None:
    stocked.stock.away = True
    (shirt,) = (await post(http, "/search", {"query": "shirt"}))["products"]
    assert all("availability" not in each for each in shirt["variants"])
    (shirt,) = (await post(http, "/lookup", {"ids": ["shirt"]}))["products"]
    assert skus(shirt) == ["S-RED-M"]
    answer = await post(http, "/product", {"id": "shirt"})
    assert signalled(answer)["L"] == (True, None)


async def test_one_answer_asks_inventory_once_at_most(
    http: httpx.AsyncClient, stocked: CatalogReplica
) -> None:
    bodies: dict[str, Json] = {
        "/search": {"filters": {"price": {"min": 1}}},
        "/lookup": {"ids": ["shirt", "bottle", "S-RED-M"]},
        "/product": {"id": "shirt"},
    }
    for path, body in bodies.items():
        stocked.stock.calls = 0
        await post(http, path, body)
        assert stocked.stock.calls == 1
    stocked.stock.calls = 0
    await post(http, "/search", {"query": "piano"})
    await post(http, "/lookup", {"ids": ["nope"]})
    assert stocked.stock.calls == 0


@pytest.mark.parametrize("agent", ["", "curl/8", 'profile="agent.example"', "profile=https://a.b"])
async def test_an_agent_must_name_its_profile(http: httpx.AsyncClient, agent: str) -> None:
    for path, body in [("/search", {"query": "x"}), ("/lookup", {"ids": ["x"]})]:
        response = await http.post(path, json=body, headers={"UCP-Agent": agent})
        assert (response.status_code, response.json()["code"]) == (400, "invalid_profile_url")


async def test_everyone_may_ask(http: httpx.AsyncClient) -> None:
    response = await http.post("/search", json={"query": "shirt"})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert (await http.get("/search")).status_code == 405
    assert (await http.post("/nothing")).status_code == 404
