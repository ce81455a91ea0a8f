"""What still works when a service is down, in whatever way it is down."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from deployments.catalog.contract import ChangePrice
from deployments.checkout.contract import Recovered, RecoverSagas, Session
from deployments.checkout.replies import Saga
from deployments.checkout.saga_store import SagaStore
from deployments.foundation.rpc.detach import finish_detached
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.checkout.services import BIKE, SHIRT
from tests.unit.checkout.shopping import (
    age_leases,
    assert_books_are_straight,
    completing,
    ready,
    recover,
    seen,
)
from tests.unit.isolation.store import FAULTS, NOT_MADE, Fault, Store

Json = dict[str, Any]
LINES = {"line_items": [{"item": {"id": SHIRT.sku}, "quantity": 2}]}
PAYMENT = {
    "payment": {
        "instruments": [
            {
                "id": "card-1",
                "handler_id": "org.fieldhouse.sandbox",
                "type": "card",
                "credential": {"type": "token", "token": "success_token"},
            }
        ]
    }
}
in_every_way = pytest.mark.parametrize("fault", FAULTS)


async def browse(client: httpx.AsyncClient) -> None:
    """Search, look up, look at a product."""
    found = await client.post("/catalog/search", json={"query": "shirt"})
    assert found.status_code == 200, found.text
    assert [each["id"] for each in found.json()["products"]] == [SHIRT.product_id]
    await look(client)


async def look(client: httpx.AsyncClient) -> None:
    looked_up = await client.post("/catalog/lookup", json={"ids": [BIKE.sku]})
    product = await client.post("/catalog/product", json={"id": SHIRT.product_id})
    assert [answer.status_code for answer in (looked_up, product)] == [200] * 2
    assert [each["id"] for each in looked_up.json()["products"]] == [BIKE.product_id]


async def fill_a_cart(client: httpx.AsyncClient) -> str:
    answer = await client.post("/carts", json=LINES)
    assert answer.status_code == 201, answer.text
    cart_id: str = answer.json()["id"]
    return cart_id


async def read_the_cart(client: httpx.AsyncClient, cart_id: str) -> None:
    answer = await client.get(f"/carts/{cart_id}")
    assert answer.status_code == 200
    assert answer.json()["line_items"][0]["quantity"] == 2


async def change_the_cart(client: httpx.AsyncClient, cart_id: str) -> None:
    answer = await client.put(f"/carts/{cart_id}", json={"id": cart_id, **LINES})
    assert answer.status_code == 200, answer.text


async def start_a_checkout(client: httpx.AsyncClient, cart_id: str) -> Json:
    answer = await client.post("/checkout-sessions", json={"cart_id": cart_id})
    assert answer.status_code == 201, answer.text
    session: Json = answer.json()
    return session


async def complete(
    client: httpx.AsyncClient, session: Session, key: str = "the-purchase"
) -> httpx.Response:
    return await client.post(
        f"/checkout-sessions/{session.id}/complete",
        json=PAYMENT,
        headers={"Idempotency-Key": key},
    )


async def buy(client: httpx.AsyncClient, session: Session, key: str = "the-purchase") -> Json:
    answer = await complete(client, session, key)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert body["status"] == "completed", body
    return body


def try_again(answer: httpx.Response) -> None:
    """The answer says so, and when."""
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text


async def mend(store: Store) -> None:
    store.mend()
    await recover(store)


@in_every_way
async def test_without_the_catalogue(
    store: Store, client: httpx.AsyncClient, admin: Redis, fault: Fault
) -> None:
    session, cart_id = await ready(store.checkout), await fill_a_cart(client)
    store.fail(fault, "catalog")
    await read_the_cart(client, cart_id)
    try_again(await client.post("/carts", json=LINES))
    await buy(client, session)
    await finish_detached()
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


async def test_without_the_search_index(
    redis_of: ClientOf, admin: Redis, platforms: None, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(redis_of, index_breaks=True)
    await store.open()
    async with store.client() as client:
        try_again(await client.post("/catalog/search", json={"query": "shirt"}))
        await look(client)
        session = await start_a_checkout(client, await fill_a_cart(client))
        assert session["line_items"][0]["item"]["price"] == SHIRT.price
        bought = await ready(store.checkout)
        await buy(client, bought)
        await finish_detached()
        assert len(await assert_books_are_straight(store, admin, [bought])) == 1

        assert "the search index could not be built" in caplog.text
        store.index_breaks = False
        await store.catalogue.change_price(ChangePrice(sku=BIKE.sku, price=1))

        async def found() -> bool:
            answer = await client.post("/catalog/search", json={"query": "x"})
            return answer.status_code != 503

        await eventually(found)
        await browse(client)
    await store.replica_of_catalog.stop()


@in_every_way
@pytest.mark.parametrize("service", ["shipping", "pricing"])
async def test_without_shipping_or_prices(
    store: Store, client: httpx.AsyncClient, admin: Redis, service: str, fault: Fault
) -> None:
    session, cart_id = await ready(store.checkout), await fill_a_cart(client)
    store.fail(fault, service)
    await browse(client)
    await read_the_cart(client, cart_id)
    await change_the_cart(client, await fill_a_cart(client))
    await buy(client, session)
    await finish_detached()
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


@in_every_way
async def test_a_cart_without_prices_is_discounted_at_checkout(
    store: Store, client: httpx.AsyncClient, fault: Fault
) -> None:
    store.fail(fault, "pricing")
    sent = {**LINES, "discounts": {"codes": ["ONCE"]}}
    cart = (await client.post("/carts", json=sent)).json()
    assert cart["discounts"] == {"codes": ["ONCE"], "applied": []}
    assert [message["code"] for message in cart["messages"]] == ["discounts_unavailable"]
    try_again(await client.post("/checkout-sessions", json={"cart_id": cart["id"]}))
    store.mend()
    session = await start_a_checkout(client, cart["id"])
    assert [discount["code"] for discount in session["discounts"]["applied"]] == ["ONCE"]
    totals = [shown["totals"][-1]["amount"] for shown in (session, cart)]
    assert totals == [2 * SHIRT.price * 9 // 10, 2 * SHIRT.price]


@in_every_way
async def test_a_code_that_cannot_be_redeemed_now_loses_nothing(
    store: Store, client: httpx.AsyncClient, admin: Redis, fault: Fault
) -> None:
    session = await ready(store.checkout, codes=("ONCE",))
    store.fail(fault, "pricing")
    try_again(await complete(client, session))
    await mend(store)
    assert await assert_books_are_straight(store, admin, [session]) == []
    await buy(client, session)
    await finish_detached()
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


@in_every_way
@pytest.mark.parametrize("services", [["payments"], ["payments", "orders"]], ids="+".join)
async def test_without_payments(
    store: Store, client: httpx.AsyncClient, admin: Redis, services: list[str], fault: Fault
) -> None:
    store.fail(fault, *services)
    await browse(client)
    cart_id = await fill_a_cart(client)
    await change_the_cart(client, cart_id)
    await start_a_checkout(client, cart_id)
    session = await ready(store.checkout)
    try_again(await complete(client, session))
    await mend(store)
    assert await assert_books_are_straight(store, admin, [session]) == []
    await buy(client, session)
    await finish_detached()
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


@pytest.mark.parametrize("fault", NOT_MADE)
@pytest.mark.parametrize("service", ["inventory", "pricing", "payments"])
async def test_a_session_is_free_at_once_if_nothing_can_have_happened(
    store: Store, client: httpx.AsyncClient, admin: Redis, service: str, fault: Fault
) -> None:
    """A service may be down for hours: nobody waits for it to undo what it was never asked."""
    session = await ready(store.checkout, codes=("ONCE",))
    store.fail(fault, service)
    for _ in range(2):
        try_again(await complete(client, session))
    assert (await seen(store.checkout, session)).status == "ready_for_complete"
    assert await assert_books_are_straight(store, admin, [session]) == []
    answer = await client.post(f"/checkout-sessions/{session.id}/cancel", json={})
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")


@in_every_way
async def test_without_inventory(
    store: Store, client: httpx.AsyncClient, admin: Redis, fault: Fault
) -> None:
    store.fail(fault, "inventory")
    await browse(client)
    cart_id = await fill_a_cart(client)
    await change_the_cart(client, cart_id)
    await read_the_cart(client, cart_id)
    session = await ready(store.checkout)
    try_again(await complete(client, session))
    await mend(store)
    assert await assert_books_are_straight(store, admin, [session]) == []
    await buy(client, session)
    await finish_detached()
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


@in_every_way
async def test_without_orders(
    store: Store, client: httpx.AsyncClient, admin: Redis, fault: Fault
) -> None:
    session = await ready(store.checkout, codes=("ONCE",))
    store.fail(fault, "orders")
    await browse(client)
    await change_the_cart(client, await fill_a_cart(client))
    try_again(await complete(client, session))
    meanwhile = await complete(client, session)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "request_in_progress")
    await mend(store)
    assert len(await assert_books_are_straight(store, admin, [session])) == 1
    order_id = (await buy(client, session))["order"]["id"]
    order = await client.get(f"/orders/{order_id}")
    assert (order.status_code, order.json()["id"]) == (200, order_id)
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


async def test_a_saga_is_taken_up_seconds_after_its_driver_gave_up(
    store: Store, client: httpx.AsyncClient, admin: Redis
) -> None:
    """Or else whoever waits for it would wait for the end of a lease that nobody uses."""
    session = await ready(store.checkout)
    store.fail("absent", "orders")
    try_again(await complete(client, session))
    for orders_are_back in (False, True):
        if orders_are_back:
            store.mend()
        assert await store.replica().recover(RecoverSagas()) == Recovered(claimed=0, ended=0)
        await age_leases(store, seconds=3)
        recovered = await store.replica().recover(RecoverSagas())
        assert recovered == Recovered(claimed=1, ended=int(orders_are_back))
    await finish_detached()
    assert len(await assert_books_are_straight(store, admin, [session])) == 1


async def test_a_saga_that_is_undone_has_ended_too(
    store: Store, client: httpx.AsyncClient, admin: Redis
) -> None:
    session = await ready(store.checkout)
    store.fail("hanging", "payments")
    try_again(await complete(client, session))
    store.mend()
    await age_leases(store)
    assert await store.replica().recover(RecoverSagas()) == Recovered(claimed=1, ended=1)
    assert await assert_books_are_straight(store, admin, [session]) == []


async def test_a_driver_that_was_taken_over_hands_nothing_over(store: Store) -> None:
    session, sagas = await ready(store.checkout), SagaStore(store.redis_of("checkout"))
    old = await sagas.begin(completing(session), "saga_1", "order_1", store.clock())
    assert isinstance(old, Saga)
    await age_leases(store)
    (new,) = await sagas.claim(9)
    assert isinstance(new, Saga)
    await sagas.hand_over(old)
    await age_leases(store, seconds=5)
    assert await sagas.claim(9) == []
    await sagas.hand_over(new)
    await age_leases(store, seconds=5)
    assert len(await sagas.claim(9)) == 1


async def test_a_saga_that_has_ended_is_not_taken_up_again(store: Store) -> None:
    session, sagas = await ready(store.checkout), SagaStore(store.redis_of("checkout"))
    saga = await sagas.begin(completing(session), "saga_1", "order_1", store.clock())
    assert isinstance(saga, Saga)
    assert await sagas.end(saga, "done")
    await sagas.hand_over(saga)
    await age_leases(store)
    assert await sagas.claim(9) == []


@in_every_way
@pytest.mark.parametrize("service", ["inventory", "payments"])
async def test_what_is_sold_is_settled_when_the_service_is_back(
    store: Store, client: httpx.AsyncClient, admin: Redis, service: str, fault: Fault
) -> None:
    """The order is placed and answered; the commit or the capture comes later, once."""
    session = await ready(store.checkout)
    reached, gate = store.orders.hold("place", "after")
    buying = asyncio.create_task(buy(client, session))
    await reached.wait()
    store.fail(fault, service)
    gate.set()
    bought = await buying
    await finish_detached()
    await mend(store)
    assert len(await assert_books_are_straight(store, admin, [session])) == 1
    assert (await buy(client, session))["order"] == bought["order"]
