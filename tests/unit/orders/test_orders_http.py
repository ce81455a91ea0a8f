"""Get Order over HTTP."""

from __future__ import annotations

import httpx
import pytest

from deployments.orders.service import OrdersService
from tests.ucp_schemas import assert_valid
from tests.unit.orders.sample_orders import PUBLIC_URL, order, undo

STRANGERS = [
    "order_unknown",
    "x" * 10_000,
    "%00",
    "%ff%fe",
    "..%2f..%2fetc",
    "{orders}:labels",
    "order_s1%0a",
    "ORDER_S1",
]


async def test_an_order_is_shown_as_ucp_has_it(
    http: httpx.AsyncClient, orders: OrdersService
) -> None:
    placed = await orders.place(order())
    found = await http.get("/order_s1")
    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-store"
    body = found.json()
    assert_valid("order", body)
    assert (body["id"], body["label"]) == ("order_s1", placed.label)
    assert body["checkout_id"] == "checkout_s1"
    assert body["permalink_url"] == f"{PUBLIC_URL}/orders/order_s1"
    assert body["ucp"]["capabilities"] == {"dev.ucp.shopping.order": [{"version": "2026-04-08"}]}
    assert body["currency"] == "USD"
    assert (body["adjustments"], body["fulfillment"]["events"]) == ([], [])


async def test_lines_and_totals_are_those_that_were_bought(
    http: httpx.AsyncClient, orders: OrdersService
) -> None:
    await orders.place(order())
    body = (await http.get("/order_s1")).json()
    first, second = body["line_items"]
    assert first["item"] == {"id": "SKU-1", "title": "Thing 1", "price": 1999}
    assert first["quantity"] == {"original": 2, "total": 2, "fulfilled": 0}
    assert first["status"] == "processing"
    amounts = [(entry["type"], entry["amount"]) for entry in second["totals"]]
    assert amounts == [("subtotal", 5000), ("items_discount", -500), ("total", 4500)]
    *parts, total = body["totals"]
    assert total == {"type": "total", "amount": 9319, "display_text": "Total"}
    assert sum(part["amount"] for part in parts) == total["amount"]


async def test_the_promise_is_one_shipment_with_all_lines(
    http: httpx.AsyncClient, orders: OrdersService
) -> None:
    await orders.place(order())
    body = (await http.get("/order_s1")).json()
    (expectation,) = body["fulfillment"]["expectations"]
    assert expectation["method_type"] == "shipping"
    assert expectation["line_items"] == [
        {"id": "line_1", "quantity": 2},
        {"id": "line_2", "quantity": 1},
    ]
    assert expectation["destination"]["postal_code"] == "98101"
    assert "extended_address" not in expectation["destination"]
    assert expectation["description"] == "Ground by Overland, arrives Jun 3 \u2013 5, 2026"


async def test_what_is_nobodys_business_is_not_shown(
    http: httpx.AsyncClient, orders: OrdersService
) -> None:
    await orders.place(order())
    text = (await http.get("/order_s1")).text
    for hidden in ("payment", "reservation", "acme", "ada@example.com", "token", "s1:place"):
        assert hidden not in text


async def test_a_foreign_order_is_answered_as_an_unknown_one(
    http: httpx.AsyncClient, orders: OrdersService
) -> None:
    await orders.place(order())
    await orders.place(order("s2"))
    await orders.withdraw(undo("s2"))
    foreign = await http.get("/order_s1", headers={"X-API-Key": "rival-key"})
    unknown = await http.get("/order_unknown")
    withdrawn = await http.get("/order_s2")
    for answer in (foreign, unknown, withdrawn):
        assert answer.status_code == 404
        assert_valid("error", answer.json())
        assert answer.json()["messages"][0]["code"] == "not_found"
        assert (answer.content, answer.headers) == (unknown.content, unknown.headers)


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_strange_ids_are_unknown(http: httpx.AsyncClient, stranger: str) -> None:
    assert (await http.get(f"/{stranger}")).status_code == 404


@pytest.mark.parametrize("key", [None, "", "acme", "dev-platform-key", "wrong"])
async def test_nobody_is_shown_anything_without_a_key(
    http: httpx.AsyncClient, orders: OrdersService, key: str | None
) -> None:
    await orders.place(order())
    del http.headers["X-API-Key"]
    headers = {} if key is None else {"X-API-Key": key}
    for path in ("/order_s1", "/order_unknown"):
        refused = await http.get(path, headers=headers)
        assert refused.status_code == 401
        assert refused.json()["code"] == "unauthorized"


async def test_a_platform_may_name_its_profile(
    http: httpx.AsyncClient, orders: OrdersService
) -> None:
    await orders.place(order())
    agent = {"UCP-Agent": 'profile="https://acme.example/.well-known/ucp"'}
    assert (await http.get("/order_s1", headers=agent)).status_code == 200
    assert (await http.get("/order_s1", headers={"UCP-Agent": "acme"})).status_code == 400


async def test_orders_are_only_read_here(http: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await http.request(method, "/order_s1")).status_code == 405
    assert (await http.get("/")).status_code == 404
