"""Shopping in the running store: from search to order, over HTTP, valid at every step."""

from __future__ import annotations

import asyncio
import json
import uuid
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from deployments.foundation.values.money import cents
from deployments.inventory.records import InventoryRecords
from deployments.inventory.store import InventoryStore
from tests.integration.running_store import RunningStore
from tests.integration.shopper import ADDRESS, Json, Shopper, line_items, payment, total
from tests.ucp_schemas import assert_valid

ORDERS = Path(__file__).parent / "data" / "orders.jsonl"
SCARCE = "TG-W091-L"
BUYERS = 100


async def test_the_profile_names_what_the_store_can_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/ucp")
    assert answer.status_code == 200
    assert_valid("profile", answer.json())
    assert {
        f"dev.ucp.shopping.{capability}"
        for capability in (
            *("catalog.search", "catalog.lookup", "cart", "checkout"),
            *("fulfillment", "discount", "order"),
        )
    } <= set(answer.json()["ucp"]["capabilities"])


async def test_a_purchase_of_several_lines(shopper: Shopper) -> None:
    found = await shopper.ask("POST", "/catalog/search", "search", {"query": "mountan tire"})
    assert "Mountain Tire" in found["products"][0]["title"]
    tire = found["products"][0]["variants"][0]["sku"]
    lines = [(tire, 2), ("HL-U509-R", 1)]

    cart = await shopper.ask(
        *("POST", "/carts", "cart"),
        {"line_items": line_items(lines), "discounts": {"codes": ["WELCOME10"]}},
        status=201,
    )
    session = await shopper.ask(
        "POST", "/checkout-sessions", "checkout", {"cart_id": cart["id"]}, status=201
    )
    assert total(session, "items_discount") == total(cart, "items_discount") < 0
    method: Json = {"type": "shipping", "destinations": [ADDRESS]}
    body = {
        "line_items": line_items(lines),
        "discounts": {"codes": ["WELCOME10"]},
        "buyer": {"email": "ada@example.com"},
        "fulfillment": {"methods": [method]},
    }
    path = f"/checkout-sessions/{session['id']}"
    session = await shopper.ask("PUT", path, "checkout", body)
    options = session["fulfillment"]["methods"][0]["groups"][0]["options"]
    assert len(options) >= 2
    method["groups"] = [{"id": "package_1", "selected_option_id": options[0]["id"]}]
    session = await shopper.ask("PUT", path, "checkout", body)
    assert session["status"] == "ready_for_complete"
    assert total(session, "tax") > 0
    parts = [entry["amount"] for entry in session["totals"] if entry["type"] != "total"]
    assert sum(parts) == total(session, "total")

    declined = await shopper.complete(session, "fail_token")
    assert declined["status"] == "ready_for_complete"
    assert declined["messages"][-1]["code"] == "payment_failed"
    done = await shopper.complete(session)
    assert done["status"] == "completed"
    order = await shopper.order(done)
    assert order["checkout_id"] == session["id"]
    assert order["totals"] == session["totals"]


async def test_an_order_is_its_platforms_own(client: httpx.AsyncClient, shopper: Shopper) -> None:
    done = await shopper.complete(await shopper.open([("TI-M267", 1)]))
    path = f"/orders/{done['order']['id']}"
    assert (await client.get(path)).status_code == 200
    assert (await client.get(path, headers={"X-API-Key": "another"})).status_code == 401
    assert (await client.get("/orders/order_unknown")).status_code == 404


async def test_real_orders_come_to_the_sub_totals_they_had(shopper: Shopper) -> None:
    orders = [json.loads(line) for line in ORDERS.read_text().splitlines()]
    assert len(orders) >= 50
    for order in orders:
        lines = [(line["sku"], line["quantity"]) for line in order["lines"]]
        session = await shopper.open(lines)
        assert total(session, "subtotal") == sum(
            cents(line["unit_price"]) * line["quantity"] for line in order["lines"]
        )
        difference = Decimal(order["sub_total"]) * 100 - total(session, "subtotal")
        assert abs(difference) <= Decimal("0.5") * len(lines)
        if session["status"] == "ready_for_complete":
            done = await shopper.complete(session)
            assert done["status"] == "completed"
            assert total(await shopper.order(done), "subtotal") == total(session, "subtotal")


async def test_a_hundred_buyers_of_fewer_units(store: RunningStore, shopper: Shopper) -> None:
    async with store.redis("inventory") as redis:
        inventory = InventoryStore(redis)
        units = (await inventory.available([SCARCE]))[SCARCE]
        assert 0 < units < BUYERS
        sessions = [await shopper.open([(SCARCE, 1)]) for _ in range(BUYERS)]
        outcomes = await asyncio.gather(*(shopper.complete(session) for session in sessions))
        completed = [outcome for outcome in outcomes if outcome["status"] == "completed"]
        refused = [outcome for outcome in outcomes if outcome["status"] == "incomplete"]
        assert len(completed) == units
        assert len(refused) == BUYERS - units
        assert {outcome["messages"][-1]["code"] for outcome in refused} == {"out_of_stock"}
        orders = await asyncio.gather(*(shopper.order(outcome) for outcome in completed))
        assert len({order["id"] for order in orders}) == units
        assert (await inventory.available([SCARCE]))[SCARCE] == 0
        assert await InventoryRecords(redis).check() == ()


async def test_twenty_identical_completions_have_one_effect(
    client: httpx.AsyncClient, shopper: Shopper
) -> None:
    session = await shopper.open([("TI-M267", 1)])
    key = {"Idempotency-Key": str(uuid.uuid4())}
    path = f"/checkout-sessions/{session['id']}/complete"
    body = payment(session, "success_token")
    answers = await asyncio.gather(*(client.post(path, json=body, headers=key) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    bodies = [answer.json() for answer in answers if answer.status_code == 200]
    assert bodies
    assert all(shown == bodies[0] for shown in bodies)
    repeated = await client.post(path, json=body, headers=key)
    assert repeated.json() == bodies[0]
    other = payment(session, "fail_token")
    assert (await client.post(path, json=other, headers=key)).status_code == 409


@pytest.mark.parametrize(
    ("path", "status"),
    [("/carts", 400), ("/checkout-sessions", 400), ("/catalog/search", 400), ("/nowhere", 404)],
)
async def test_bad_input_is_refused_at_the_edge(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    assert (await client.post(path, content=b"[" * 20_000)).status_code == status
    if status == 404:
        return  # HAProxy answers before a large body has come, which resets the connection.
    huge = b'{"query": "' + b"x" * 1_000_000 + b'"}'
    assert (await client.post(path, content=huge)).status_code == 413
