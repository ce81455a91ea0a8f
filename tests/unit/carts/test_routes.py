"""Carts over HTTP, as a platform sees them: every answer is valid UCP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from tests.ucp_schemas import assert_valid
from tests.unit.carts.services import BIKE, HELMET, OFFER_ENDS, SHIRT, Services, body

AGENT = {"UCP-Agent": 'profile="https://agent.example/profile"'}


def assert_adds_up(priced: dict[str, Any]) -> None:
    *parts, total = (entry["amount"] for entry in priced["totals"])
    assert sum(parts) == total


async def test_create_answers_201_with_a_valid_cart(http: httpx.AsyncClient) -> None:
    sent = body(
        (SHIRT.id, 2),
        (HELMET.sku, 1),
        discounts={"codes": ["TEN", "BOGUS"]},
        buyer={"email": "ada@example.com", "loyalty": {"tier": 3}},
        context={"address_country": "US", "intent": "a ride"},
    )
    response = await http.post("/carts", json=sent)
    assert (response.status_code, response.headers["etag"]) == (201, '"1"')
    assert response.headers["cache-control"] == "no-store"
    cart = response.json()
    assert_valid("cart", cart)
    assert cart["ucp"]["status"] == "success"
    assert set(cart["ucp"]["capabilities"]) == {
        "dev.ucp.shopping.cart",
        "dev.ucp.shopping.discount",
    }
    assert [line["item"] for line in cart["line_items"]] == [
        {"id": "SHIRT", "title": "Shirt", "price": 2000},
        {"id": "HELMET", "title": "Helmet", "price": 3499},
    ]
    assert cart["buyer"] == {"email": "ada@example.com"}, "what is not known is not kept"
    assert cart["context"] == sent["context"]
    assert cart["discounts"]["codes"] == ["TEN", "BOGUS"]
    assert [applied["title"] for applied in cart["discounts"]["applied"]] == [
        "Helmet Days",
        "Ten off",
    ]
    assert [message["code"] for message in cart["messages"]] == ["discount_code_invalid"]
    for priced in (cart, *cart["line_items"]):
        assert_adds_up(priced)


async def test_titles_and_prices_are_the_catalogues_whatever_is_sent(
    http: httpx.AsyncClient,
) -> None:
    line = {
        "item": {"id": "SHIRT", "title": "Free shirt", "price": 1},
        "quantity": 1,
        "totals": [{"type": "total", "amount": 1}],
    }
    sent = {"line_items": [line], "totals": [], "currency": "XXX", "status": "paid", "id": "mine"}
    cart = (await http.post("/carts", json=sent)).json()
    assert cart["line_items"][0]["item"] == {"id": "SHIRT", "title": "Shirt", "price": 2000}
    assert (cart["currency"], cart["totals"][-1]["amount"]) == ("USD", 2000)
    assert cart["id"] != "mine"


async def test_a_cart_is_created_at_the_prefix_with_and_without_a_slash(
    http: httpx.AsyncClient,
) -> None:
    for path in ("/carts", "/carts/"):
        assert (await http.post(path, json=body((SHIRT.sku, 1)))).status_code == 201


async def test_a_cart_is_read_replaced_and_cancelled(http: httpx.AsyncClient) -> None:
    created = (await http.post("/carts", json=body((SHIRT.sku, 1)))).json()
    path = f"/carts/{created['id']}"
    read = await http.get(path)
    assert (read.status_code, read.headers["etag"], read.json()) == (200, '"1"', created)

    created["line_items"][0]["quantity"] = 3
    replaced = await http.put(path, json=created, headers={"If-Match": read.headers["etag"]})
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')
    assert_valid("cart", replaced.json())
    (line,) = replaced.json()["line_items"]
    assert (line["id"], line["quantity"]) == (created["line_items"][0]["id"], 3)

    cancelled = await http.post(f"{path}/cancel", json={})
    assert (cancelled.status_code, cancelled.json()) == (200, replaced.json())
    gone = await http.get(path)
    assert gone.status_code == 200
    assert_valid("error", gone.json())
    assert gone.json()["messages"][0]["code"] == "not_found"


async def test_unknown_and_foreign_carts_answer_alike(
    http: httpx.AsyncClient, services: Services
) -> None:
    path = f"/carts/{(await http.post('/carts', json=body((SHIRT.sku, 1)))).json()['id']}"
    async with services.client("umbrella-key") as other:
        answers = [
            await other.get(path),
            await other.put(path, json=body((HELMET.sku, 1))),
            await other.post(f"{path}/cancel"),
            await http.get("/carts/cart_unknown"),
            await http.get("/carts/%00%ff%0a"),
        ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert_valid("error", answers[0].json())
    assert (await http.get(path)).headers["etag"] == '"1"'


async def test_nothing_to_buy_is_an_error_answer(http: httpx.AsyncClient) -> None:
    response = await http.post("/carts", json=body(("nothing", 1), ("no more", 2)))
    assert response.status_code == 200
    assert_valid("error", response.json())
    assert [(m["code"], m["path"], m["severity"]) for m in response.json()["messages"]] == [
        ("item_unavailable", "$.line_items[0]", "unrecoverable"),
        ("item_unavailable", "$.line_items[1]", "unrecoverable"),
    ]


async def test_every_message_a_cart_can_have_is_valid(
    http: httpx.AsyncClient, services: Services
) -> None:
    sent = body((HELMET.sku, 1), ("nothing", 1), (BIKE.sku, 3), discounts={"codes": ["BOGUS"]})
    cart = (await http.post("/carts", json=sent)).json()
    services.clock.now = OFFER_ENDS + timedelta(days=2)
    replaced = (await http.put(f"/carts/{cart['id']}", json=sent)).json()
    assert_valid("cart", replaced)
    assert {message["code"] for message in replaced["messages"]} == {
        "item_unavailable",
        "out_of_stock",
        "offer_ended",
        "discount_code_invalid",
    }


async def test_a_stale_if_match_is_412_and_a_star_takes_any(http: httpx.AsyncClient) -> None:
    path = f"/carts/{(await http.post('/carts', json=body((SHIRT.sku, 1)))).json()['id']}"
    sent = body((SHIRT.sku, 2))
    assert (await http.put(path, json=sent)).status_code == 200
    stale = await http.put(path, json=sent, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    for taken in ("*", '"3"', 'W/"4"'):
        assert (await http.put(path, json=sent, headers={"If-Match": taken})).status_code == 200
    for odd in ("2", '"two"', '"1", "2"', '"' + "9" * 40 + '"'):
        assert (await http.put(path, json=sent, headers={"If-Match": odd})).status_code == 400


async def test_the_id_in_a_body_must_be_the_paths(http: httpx.AsyncClient) -> None:
    path = f"/carts/{(await http.post('/carts', json=body((SHIRT.sku, 1)))).json()['id']}"
    refused = await http.put(path, json=body((SHIRT.sku, 2), id="cart_other"))
    assert refused.status_code == 400
    assert (await http.get(path)).headers["etag"] == '"1"'


async def test_a_key_gives_the_first_answer_again_and_other_content_is_409(
    http: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "0001"}
    first = await http.post("/carts", json=body((SHIRT.sku, 1)), headers=headers)
    again = await http.post("/carts", json=body((SHIRT.sku, 1)), headers=headers)
    assert (again.status_code, again.headers["etag"]) == (201, first.headers["etag"])
    assert again.json() == first.json()
    other = await http.post("/carts", json=body((SHIRT.sku, 2)), headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_platforms_with_an_agent_must_send_a_key(http: httpx.AsyncClient) -> None:
    sent = body((SHIRT.sku, 1))
    refused = await http.post("/carts", json=sent, headers=AGENT)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")
    headers = {**AGENT, "Idempotency-Key": "k"}
    assert (await http.post("/carts", json=sent, headers=headers)).status_code == 201
    odd = await http.post("/carts", json=sent, headers={"UCP-Agent": "me"})
    assert (odd.status_code, odd.json()["code"]) == (400, "invalid_profile_url")
    long = await http.post("/carts", json=sent, headers={"Idempotency-Key": "k" * 256})
    assert long.status_code == 400


async def test_only_known_platforms_have_carts(services: Services) -> None:
    for key in ("", "guess", "ACME-KEY"):
        async with services.client(key) as stranger:
            for refused in (
                await stranger.post("/carts", json=body((SHIRT.sku, 1))),
                await stranger.get("/carts/cart_1"),
                await stranger.put("/carts/cart_1", json=body((SHIRT.sku, 1))),
                await stranger.post("/carts/cart_1/cancel"),
            ):
                assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")


async def test_without_pricing_a_cart_is_valid_and_says_so(
    http: httpx.AsyncClient, services: Services
) -> None:
    services.pricing.down = True
    sent = body((SHIRT.sku, 1), (HELMET.sku, 2), discounts={"codes": ["TEN", "BOGUS"]})
    response = await http.post("/carts", json=sent)
    cart = response.json()
    assert response.status_code == 201
    assert_valid("cart", cart)
    assert_adds_up(cart)
    assert cart["discounts"] == {"codes": ["TEN", "BOGUS"], "applied": []}
    assert cart["messages"] == [
        {
            "type": "warning",
            "code": "discounts_unavailable",
            "content": "Discounts are not shown at present. They are applied at checkout.",
            "path": "$.discounts",
        }
    ]
    assert (await http.get(f"/carts/{cart['id']}")).json() == cart


async def test_without_the_catalogue_a_write_is_503_and_a_read_is_answered(
    http: httpx.AsyncClient, services: Services
) -> None:
    path = f"/carts/{(await http.post('/carts', json=body((SHIRT.sku, 1)))).json()['id']}"
    services.silence_all()
    for response in (
        await http.post("/carts", json=body((SHIRT.sku, 1))),
        await http.put(path, json=body((SHIRT.sku, 1))),
    ):
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert response.headers["retry-after"] == "1"
    assert (await http.get(path)).status_code == 200
