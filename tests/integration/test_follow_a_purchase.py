"""What follows a purchase in the running store: events, mail, parcels and webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from itertools import pairwise

import httpx
import pytest

from deployments.foundation.events.publishing import Envelope
from deployments.foundation.values.trace import new_trace
from deployments.webhooks.domain import webhook_id
from tests.conditions import until
from tests.faults.books import ledgers_of
from tests.integration.running_store import RunningStore
from tests.integration.shopper import ADDRESS, Json, Shopper, fulfilled, line_items
from tests.published_events import published
from tests.ucp_schemas import assert_valid
from tests.unit.webhooks.receiver import Receiver, ok, receiver
from tests.unit.webhooks.test_signatures import verify

LINES = [("HL-U509-R", 1), ("TT-M928", 2)]
WAY = ["created", "dispatched", "delivered"]


def mails(store: RunningStore, label: str) -> list[str]:
    """The subjects of the mails about an order, as they came."""
    files = sorted((store.data / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    parsed = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [mail["Subject"] for mail in parsed if label in mail["Subject"]]


async def events(store: RunningStore, service: str, field: str, value: str) -> list[Envelope]:
    """What a service has published of which a field has this value, all of it in order."""
    async with store.redis(service) as redis:
        events = await published(redis, service)
    found = [event for event in events if event.data.get(field) == value]
    return sorted(found, key=lambda event: event.time)


def kinds(events: list[Envelope]) -> list[str]:
    """What happened, in a word each."""
    return [event.type.split(".")[3] for event in events]


def traces(*events: list[Envelope]) -> set[str]:
    """The traces that these events belong to."""
    return {event.traceparent.split("-")[1] for some in events for event in some}


@asynccontextmanager
async def hooks(client: httpx.AsyncClient) -> AsyncIterator[Receiver]:
    """A platform's endpoint that the store knows of meanwhile."""
    async with receiver() as hook:
        made = await client.post("/webhooks", json={"url": hook.url})
        assert made.status_code == 201, made.text
        try:
            yield hook
        finally:
            gone = await client.delete(f"/webhooks/{made.json()['id']}")
            assert gone.status_code == 204, gone.text


async def fill_cart(client: httpx.AsyncClient) -> Json:
    """A cart."""
    contents = {"line_items": line_items(LINES), "context": {"address_country": "US"}}
    return await Shopper(client).ask("POST", "/carts", "cart", contents, status=201)


async def buy(client: httpx.AsyncClient, cart: Json) -> Json:
    """The completed session that a cart became."""
    shopper = Shopper(client)
    from_cart = {"cart_id": cart["id"]}
    session = await shopper.ask("POST", "/checkout-sessions", "checkout", from_cart, status=201)
    whole = {
        "line_items": line_items(LINES),
        "buyer": {"email": "ada@example.com"},
        "fulfillment": {
            "methods": [
                {
                    "type": "shipping",
                    "destinations": [ADDRESS],
                    "groups": [{"selected_option_id": "1"}],
                }
            ]
        },
    }
    path = f"/checkout-sessions/{session['id']}"
    ready = await shopper.ask("PUT", path, "checkout", whole)
    completed = await shopper.complete(ready)
    assert completed["status"] == "completed", completed
    return completed


async def shown(client: httpx.AsyncClient, order_id: str) -> Json:
    """The order, which is valid at any moment."""
    order: Json = (await client.get(f"/orders/{order_id}")).json()
    assert_valid("order", order)
    return order


def told(hook: Receiver, order_id: str) -> list[Json]:
    """What an endpoint was told of an order; what it was told twice counts once."""
    return list({one.id: one.order for one in hook.taken if one.order["id"] == order_id}.values())


def last(hook: Receiver, order_id: str) -> Json:
    """What it was told last."""
    return told(hook, order_id)[-1]


def in_order(hook: Receiver, order_id: str) -> bool:
    """Whether each time that an endpoint was told of an order, it was told more of it."""
    steps = [order["fulfillment"]["events"] for order in told(hook, order_id)]
    return all(len(some) < len(more) for some, more in pairwise(steps))


async def test_one_purchase_is_followed_to_mail_parcel_and_webhook(store: RunningStore) -> None:
    trace = new_trace()
    async with store.client(traceparent=trace) as client, hooks(client) as hook:
        cart = await fill_cart(client)

        async def estimated() -> bool:
            read: Json = (await client.get(f"/carts/{cart['id']}")).json()
            assert_valid("cart", read)
            return "delivery_estimate" in {message.get("code") for message in read["messages"]}

        await until(estimated, "the cart shows how it can be delivered", tell=store.tell)
        session = await buy(client, cart)
        order_id, label = session["order"]["id"], session["order"]["label"]

        async def arrived() -> bool:
            return fulfilled(await shown(client, order_id))

        await until(arrived, "the order has arrived", tell=store.tell)
        parcels = len((await shown(client, order_id))["fulfillment"]["expectations"])
        whole = await shown(client, order_id)
        await until(lambda: last(hook, order_id) == whole, "the hooks", tell=store.tell)
        mailed = 1 + 2 * parcels  # That it was placed, and of each parcel that it left and arrived.
        await until(lambda: len(mails(store, label)) >= mailed, "the mails", tell=store.tell)
        profile: Json = (await client.get("/.well-known/ucp")).json()

    assert sorted(mails(store, label)) == sorted(
        [
            f"Your order {label}",
            *((f"A part of your order {label} is on its way",) * (parcels - 1)),
            f"Your order {label} is on its way",
            *((f"A part of your order {label} has arrived",) * (parcels - 1)),
            f"Your order {label} has arrived",
        ]
    )
    orders = await events(store, "orders", "order_id", order_id)
    assert sorted(kinds(orders)) == sorted(
        ["placed", "paid", *(["processing", "shipped", "delivered"] * parcels)]
    )
    assert kinds(orders)[:2] == ["placed", "paid"]
    ids = hook.ids(order_id)
    assert ids == [id_ for event in orders if (id_ := webhook_id(event.id)) in ids]
    assert in_order(hook, order_id)
    for received in hook.taken:
        assert_valid("order", received.order)
        assert {"@method", "@path", "content-digest"} <= set(
            verify(received, profile["signing_keys"])
        )

    payment_id = orders[0].data["payment_id"]
    carts = await events(store, "carts", "cart_id", cart["id"])
    estimates = await events(store, "shipping", "cart_id", cart["id"])
    checkout = await events(store, "checkout", "session_id", session["id"])
    inventory = await events(store, "inventory", "reservation_id", payment_id)
    payments = await events(store, "payments", "payment_id", payment_id)
    shipping = await events(store, "shipping", "order_id", order_id)
    assert kinds(carts) == ["line_added"] * len(LINES)
    assert kinds(estimates) == ["estimated"] * len(LINES)
    assert kinds(checkout) == ["started", "completed"]
    assert kinds(inventory) == ["reserved", "committed"]
    assert kinds(payments) == ["authorised", "captured"]
    assert sorted(kinds(shipping)) == sorted(WAY * parcels)

    # All that the request set in motion carries its trace; a parcel moves by itself.
    created = [event for event in shipping if kinds([event]) == ["created"]]
    caused = traces(carts, estimates, checkout, inventory, payments, orders[:2], created)
    assert caused == {trace.split("-")[1]}


@pytest.mark.long_on_ray
async def test_nobody_buys_less_because_mail_and_hooks_are_in_trouble(store: RunningStore) -> None:
    """There is no room for mail, and a platform's endpoint hangs: both are caught up with."""
    directory = store.data / "mail"
    directory.mkdir(exist_ok=True)
    aside = directory.rename(store.data / "mail-aside")
    directory.touch()  # A file where the directory was: no mail can be written.
    async with store.client() as client, hooks(client) as hanging, hooks(client) as healthy:
        hanging.answer = lambda _received: None
        bought = [(await buy(client, await fill_cart(client)))["order"] for _ in range(5)]
        labels = [order["label"] for order in bought]
        await until(
            lambda: all(len(healthy.ids(order["id"])) >= 2 for order in bought),
            "a healthy endpoint waits for nobody",
            tell=store.tell,
        )
        assert hanging.received
        assert not hanging.taken

        async with ledgers_of(store) as books:

            async def failing() -> bool:
                lags = [await each.meter.measure() for each in books.subscribers]
                return any(lag.failing for some in lags for lag in some)

            await until(failing, "the operator sees that mail fails", tell=store.tell)
        directory.unlink()
        aside.rename(directory)
        hanging.answer = ok
        await until(
            lambda: all(f"Your order {label}" in mails(store, label) for label in labels),
            "mail catches up",
            tell=store.tell,
        )
        await until(
            lambda: all(len(hanging.ids(order["id"])) >= 2 for order in bought),
            "the endpoint that hung catches up",
            tell=store.tell,
        )
        assert all(in_order(hanging, order["id"]) for order in bought)
