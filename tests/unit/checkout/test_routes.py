"""Checkout over HTTP: every answer is a valid UCP checkout, every mistake a clear rejection."""

from __future__ import annotations

import json

import httpx
import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.detach import finish_detached
from tests.ucp_schemas import assert_valid
from tests.unit.checkout.requests import Json, body, create, payment
from tests.unit.checkout.services import BIKE, SHIRT, Services


def amounts(session: Json) -> dict[str, int]:
    return {entry["type"]: entry["amount"] for entry in session["totals"]}


async def test_from_lines_to_order(client: httpx.AsyncClient) -> None:
    session = await create(client)
    assert session["status"] == "incomplete"
    assert [(m["code"], m["path"]) for m in session["messages"]] == [
        ("field_required", "$.fulfillment.methods[0].groups[0].selected_option_id")
    ]
    options = session["fulfillment"]["methods"][0]["groups"][0]["options"]
    assert len(options) >= 2

    answer = await client.put(f"/{session['id']}", json=body(option=options[0]["id"]))
    session = answer.json()
    assert_valid("checkout", session)
    assert session["status"] == "ready_for_complete"
    money = amounts(session)
    assert money["subtotal"] == 2 * SHIRT.price + BIKE.price
    assert money["tax"] == 350 + 8750
    assert money["total"] == sum(amount for kind, amount in money.items() if kind != "total")

    answer = await client.post(f"/{session['id']}/complete", json=payment())
    await finish_detached()
    done = answer.json()
    assert_valid("checkout", done)
    assert (answer.status_code, done["status"]) == (200, "completed")
    assert done["order"]["permalink_url"].endswith(done["order"]["id"])
    assert "success_token" not in answer.text
    assert (await client.get(f"/{session['id']}")).json() == done


async def test_versions_guard_a_replace(client: httpx.AsyncClient) -> None:
    created = await client.post("/", json=body())
    path, first = f"/{created.json()['id']}", created.headers["etag"]
    changed = await client.put(path, json=body(option="ground"), headers={"If-Match": first})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first
    stale = await client.put(path, json=body(), headers={"If-Match": first})
    assert stale.status_code == 412
    assert (await client.get(path)).json() == changed.json()


async def test_a_repeated_key_gives_the_first_answer(client: httpx.AsyncClient) -> None:
    keyed = {"Idempotency-Key": "7e6b41fa-0b7e-4c0c-a1a2-5d0d9d1d2f3a"}
    first = await client.post("/", json=body(), headers=keyed)
    again = await client.post("/", json=body(), headers=keyed)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await client.post("/", json=body(option="ground"), headers=keyed)
    assert other.status_code == 409


async def test_an_agent_must_send_a_key_and_a_profile(client: httpx.AsyncClient) -> None:
    agent = {"UCP-Agent": 'profile="https://agent.example/.well-known/ucp"'}
    assert (await client.post("/", json=body(), headers=agent)).status_code == 400
    malformed = {"UCP-Agent": "an agent"}
    assert (await client.post("/", json=body(), headers=malformed)).status_code == 400
    keyed = {**agent, "Idempotency-Key": "7e6b41fa-0b7e-4c0c-a1a2-5d0d9d1d2f3b"}
    assert (await client.post("/", json=body(), headers=keyed)).status_code == 201


async def test_sessions_belong_to_their_platform(client: httpx.AsyncClient) -> None:
    session = await create(client)
    other = {"X-API-Key": "key-of-other"}
    for answer in (
        await client.get(f"/{session['id']}", headers=other),
        await client.put(f"/{session['id']}", json=body(), headers=other),
        await client.post(f"/{session['id']}/cancel", headers=other),
        await client.post(f"/{session['id']}/complete", json=payment(), headers=other),
        await client.get("/checkout_0"),
    ):
        assert answer.status_code == 200
        assert_valid("error", answer.json())
        assert answer.json()["messages"][0]["code"] == "not_found"
    assert (await client.get(f"/{session['id']}", headers={"X-API-Key": "no"})).status_code == 401


async def test_what_is_not_ready_is_not_completed(
    client: httpx.AsyncClient, services: Services
) -> None:
    incomplete = await create(client)
    cancelled = await create(client, option="ground")
    await client.post(f"/{cancelled['id']}/cancel")
    completed = await create(client, option="ground")
    await client.post(f"/{completed['id']}/complete", json=payment())
    expired = await create(client, option="ground")
    await finish_detached()
    services.clock.forward(hours=7)
    for session, status in (
        (incomplete, "canceled"),
        (cancelled, "canceled"),
        (completed, "completed"),
        (expired, "canceled"),
    ):
        for answer in (
            await client.post(f"/{session['id']}/complete", json=payment()),
            await client.put(f"/{session['id']}", json=body()),
            await client.post(f"/{session['id']}/cancel"),
        ):
            assert answer.status_code == 200
            assert_valid("checkout", answer.json())
            assert answer.json()["status"] == status
            assert answer.json()["messages"][-1]["code"] == "invalid_state"


async def test_an_incomplete_session_says_what_it_lacks(client: httpx.AsyncClient) -> None:
    session = await create(client)
    answer = await client.post(f"/{session['id']}/complete", json=payment())
    assert answer.json()["status"] == "incomplete"
    assert {m["code"] for m in answer.json()["messages"]} == {"field_required", "invalid_state"}


async def test_nothing_that_is_sold_here(client: httpx.AsyncClient) -> None:
    wanted = [{"item": {"id": "UNICORN"}, "quantity": 1}]
    answer = await client.post("/", json=body() | {"line_items": wanted})
    assert answer.status_code == 200
    assert_valid("error", answer.json())
    assert answer.json()["messages"][0]["code"] == "item_unavailable"


async def test_an_address_nobody_delivers_to(client: httpx.AsyncClient, admin: Redis) -> None:
    await admin.delete("{shipping}:methods", "{shipping}:version")
    answer = await client.post("/", json=body())
    assert_valid("checkout", answer.json())
    assert answer.json()["messages"][0]["code"] == "address_undeliverable"


BAD_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'{"line_items": []}',
    b'{"line_items": "x"}',
    b'{"line_items": [{"item": {"id": 5}, "quantity": 1}]}',
    b"\xff\xfe",
    b"[" * 20_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    *(
        json.dumps({"line_items": [{"item": {"id": "SHIRT-M"}, "quantity": quantity}]}).encode()
        for quantity in (0, -1, 1.5, "2", True, None, 10**30, [1])
    ),
    json.dumps({"cart_id": 5}).encode(),
    json.dumps({"cart_id": {}, "line_items": []}).encode(),
    json.dumps(body() | {"fulfillment": {"methods": [{"type": "pickup"}]}}).encode(),
    json.dumps(body() | {"buyer": "ada"}).encode(),
    json.dumps(body() | {"discounts": {"codes": "X"}}).encode(),
    json.dumps(body() | {"discounts": {"codes": ["x" * 300]}}).encode(),
    json.dumps({"line_items": [{"item": {"id": "SHIRT-M"}, "quantity": 1}] * 1000}).encode(),
    b'{"line_items": [{"item": {"id": "\\ud800"}, "quantity": 1}]}',
]


@pytest.mark.parametrize("bad", BAD_BODIES, ids=lambda bad: repr(bad[:40]))
async def test_a_bad_body_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, bad: bytes
) -> None:
    session = await create(client)
    for answer in (
        await client.post("/", content=bad),
        await client.put(f"/{session['id']}", content=bad),
        await client.post(f"/{session['id']}/complete", content=bad),
    ):
        assert answer.status_code == 400, answer.text
        assert set(answer.json()) == {"code", "content"}
    assert (await client.get(f"/{session['id']}")).json() == session


async def test_a_body_has_a_limit(client: httpx.AsyncClient) -> None:
    huge = json.dumps(body(note="x" * 1_000_000))
    assert (await client.post("/", content=huge)).status_code == 413


async def test_unknown_fields_are_ignored(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", json=body(colour="blue", payment={"instruments": []}))
    assert answer.status_code == 201
