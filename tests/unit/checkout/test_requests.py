"""Keys, versions, carts and currencies of sessions, over HTTP."""

from __future__ import annotations

import json

import httpx
from redis.asyncio import Redis

from deployments.carts.contract import CreateCart
from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.catalog.contract import ResolvedItems, ResolveItems
from deployments.foundation.rpc.detach import finish_detached
from deployments.inventory.contract import ReceiveStock, StockRow
from tests.ucp_schemas import assert_valid
from tests.unit.checkout.requests import body, create, payment
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT, Services


async def test_one_idempotency_key_may_serve_different_operations(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "k1"}
    created = await client.post("/", json=body(option="ground"), headers=headers)
    session = created.json()
    done = await client.post(f"/{session['id']}/complete", json=payment(), headers=headers)
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    again = await client.post("/", json=body(option="ground"), headers=headers)
    assert (again.status_code, again.json()) == (201, session)


async def test_a_key_that_completed_one_session_does_not_complete_another(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "k1"}
    first, second = [await create(client, option="ground") for _ in range(2)]
    await client.post(f"/{first['id']}/complete", json=payment(), headers=headers)
    refused = await client.post(f"/{second['id']}/complete", json=payment(), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert (await client.get(f"/{second['id']}")).json()["status"] == "ready_for_complete"


async def test_a_stale_version_is_not_completed(client: httpx.AsyncClient) -> None:
    created = await client.post("/", json=body(option="ground"))
    path, first = f"/{created.json()['id']}", created.headers["etag"]
    changed = await client.put(path, json=body(option="express"))
    stale = {"If-Match": first}
    refused = await client.post(f"{path}/complete", json=payment(), headers=stale)
    assert (refused.status_code, refused.json()["code"]) == (412, "stale_version")
    current = {"If-Match": changed.headers["etag"]}
    done = await client.post(f"{path}/complete", json=payment(), headers=current)
    assert done.json()["status"] == "completed"


async def test_a_cart_that_was_bought_is_refused_with_its_order(
    client: httpx.AsyncClient, services: Services
) -> None:
    lines = (WantedLine(item_id=SHIRT.sku, quantity=1),)
    wanted = CartContents(lines=lines, buyer={"email": "ada@example.com"})
    cart = await services.carts.create(CreateCart(platform=PLATFORM, contents=wanted))
    from_cart = {"cart_id": cart.id, "fulfillment": body(option="ground")["fulfillment"]}
    session = (await client.post("/", json=from_cart)).json()
    done = (await client.post(f"/{session['id']}/complete", json=payment())).json()
    again = await client.post("/", json=from_cart)
    assert again.status_code == 200
    assert_valid("error", again.json())
    (message,) = again.json()["messages"]
    assert (message["code"], message["severity"]) == ("already_bought", "unrecoverable")
    assert done["order"]["id"] in message["content"]


async def test_a_session_is_in_the_currency_of_what_it_sells(
    client: httpx.AsyncClient, services: Services, admin: Redis
) -> None:
    cap = SHIRT.model_copy(update={"id": "variant-3", "sku": "CAP", "currency": "EUR"})
    shelf = {item.sku: item for item in (SHIRT, BIKE, cap)}

    async def resolve(request: ResolveItems) -> ResolvedItems:
        return ResolvedItems(items={id_: shelf[id_] for id_ in request.ids if id_ in shelf})

    services.catalog.instead["resolve"] = resolve
    line = {"item": {"id": "CAP"}, "quantity": 1}
    both = await client.post(
        "/", json=body(line_items=[line, {"item": {"id": SHIRT.sku}, "quantity": 1}])
    )
    assert both.json()["messages"][0]["code"] == "mixed_currencies"
    row = StockRow(sku="CAP", location_id=1, location_name="Main", quantity=1)
    await services.inventory.receive(ReceiveStock(batch="caps", rows=(row,)))
    session = await create(client, option="ground", line_items=[line])
    assert session["currency"] == "EUR"
    done = (await client.post(f"/{session['id']}/complete", json=payment())).json()
    await finish_detached()
    order = json.loads(str(await admin.hget(f"{{orders}}:order:{done['order']['id']}", "order")))
    (paid,) = [name async for name in admin.scan_iter("{payments}:payment:*")]
    assert (order["currency"], await admin.hget(paid, "currency")) == ("EUR", "EUR")
