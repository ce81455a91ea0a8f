"""An order follows its payment and its shipments, and is valid in every state it gets into."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.orders.contract.staff import OrderNotFound
from deployments.orders.domain.changes import ForeignLineError
from deployments.orders.events import (
    MovedLine,
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderProcessing,
    OrderRefunded,
    OrderShipped,
)
from deployments.orders.service import OrderNotKnownError, OrdersService
from tests.conftest import ClientOf
from tests.published_events import published
from tests.ucp_schemas import assert_valid
from tests.unit.orders.sample_events import (
    captured,
    consume,
    created,
    delivered,
    dispatched,
    in_turn,
    refunded,
    shipment,
    told,
)
from tests.unit.orders.sample_orders import NOON, keys_of, labels_of, order, undo, wanted

HELMETS, BIKE = {"line_1": 1}, {"line_1": 1, "line_2": 1}
"""One unit of the first line, and the rest of the order."""
PROMISE = "Ground by Overland, arrives Jun 3 \u2013 5, 2026"


async def shown(http: httpx.AsyncClient) -> dict[str, Any]:
    """The order as its platform sees it."""
    found = await http.get("/order_s1")
    assert found.status_code == 200
    body: dict[str, Any] = found.json()
    assert_valid("order", body)
    return body


async def news(redis_of: ClientOf) -> list[Envelope]:
    """What was published after the order was placed."""
    events = await published(redis_of("orders"), "orders")
    return [event for event in events if event.type != OrderPlaced.type]


def lines_of(body: dict[str, Any]) -> list[tuple[int, str]]:
    return [(line["quantity"]["fulfilled"], line["status"]) for line in body["line_items"]]


def promised(body: dict[str, Any]) -> dict[str, dict[str, int]]:
    expectations = body["fulfillment"]["expectations"]
    assert {expectation["description"] for expectation in expectations} == {PROMISE}
    assert {expectation["destination"]["postal_code"] for expectation in expectations} == {"98101"}
    return {
        expectation["id"]: {line["id"]: line["quantity"] for line in expectation["line_items"]}
        for expectation in expectations
    }


async def test_a_captured_payment_makes_its_order_paid(
    orders: OrdersService, http: httpx.AsyncClient, redis_of: ClientOf
) -> None:
    await orders.place(order())
    before = await shown(http)
    assert not (await orders.get(wanted())).paid
    await consume(orders, told(captured()))
    found = await orders.get(wanted())
    assert (found.paid, [entry.what for entry in found.history]) == (True, ["placed", "paid"])
    assert await shown(http) == before
    (event,) = await news(redis_of)
    (placed,) = await published(redis_of("orders"), "orders", OrderPlaced.type)
    assert (event.subject, event.sequence) == ("order_s1", 2)
    assert event_of(event, OrderPaid) == OrderPaid(
        order_id="order_s1",
        label=labels_of("s1")[0],
        platform="acme",
        payment_id="payment_s1",
        reservation_id="reservation_s1",
        lines=event_of(placed, OrderPlaced).lines,
        delivery=event_of(placed, OrderPlaced).delivery,
        destination=order().delivery.address,
    )


async def test_a_refund_is_a_negative_adjustment(
    orders: OrdersService, http: httpx.AsyncClient, redis_of: ClientOf
) -> None:
    await orders.place(order())
    before = await shown(http)
    await consume(orders, *in_turn(captured(), refunded(500), refunded(1000, 1500)))
    body = await shown(http)
    assert body["adjustments"] == [
        {
            "id": f"refund_{number}",
            "type": "refund",
            "occurred_at": f"2026-06-01T12:0{number + 1}:00+00:00",
            "status": "completed",
            "totals": [{"type": "total", "amount": -amount, "display_text": "Refund"}],
        }
        for number, amount in ((1, 500), (2, 1000))
    ]
    assert body["totals"] == before["totals"]
    _, *refunds = await news(redis_of)
    assert [event_of(event, OrderRefunded) for event in refunds] == [
        OrderRefunded(
            order_id="order_s1",
            label=labels_of("s1")[0],
            platform="acme",
            currency="USD",
            refund=refund,
            refunded=altogether,
        )
        for refund, altogether in ((500, 500), (1000, 1500))
    ]


async def test_an_order_in_two_shipments_is_shown_in_every_state(
    orders: OrdersService, http: httpx.AsyncClient
) -> None:
    await orders.place(order())
    assert promised(await shown(http)) == {"shipping": {"line_1": 2, "line_2": 1}}
    first = in_turn(created("a", HELMETS), dispatched("a", HELMETS), delivered("a", HELMETS))
    second = in_turn(created("b", BIKE), dispatched("b", BIKE), delivered("b", BIKE))
    none, some = [(0, "processing"), (0, "processing")], [(1, "partial"), (0, "processing")]
    every = [(2, "fulfilled"), (1, "fulfilled")]
    split = {"a": HELMETS, "b": BIKE}
    states = [
        (told(captured()), none, {"shipping": {"line_1": 2, "line_2": 1}}),
        (first[0], none, {"a": HELMETS, "shipping": BIKE}),
        (first[1], some, {"a": HELMETS, "shipping": BIKE}),
        (second[0], some, split),
        (told(refunded(100), 2), some, split),
        (second[1], every, split),
        (second[2], every, split),
        (first[2], every, split),
    ]
    seen: list[dict[str, Any]] = []
    for envelope, lines, expectations in states:
        await consume(orders, envelope)
        body = await shown(http)
        assert (lines_of(body), promised(body)) == (lines, expectations)
        events = body["fulfillment"]["events"]
        assert events[: len(seen)] == seen
        seen = events
    kinds = [(event["id"], event["type"]) for event in seen]
    assert kinds == [
        ("a_processing", "processing"),
        ("a_shipped", "shipped"),
        ("b_processing", "processing"),
        ("b_shipped", "shipped"),
        ("b_delivered", "delivered"),
        ("a_delivered", "delivered"),
    ]


async def test_a_fulfillment_event_says_how_to_follow_the_shipment(
    orders: OrdersService, http: httpx.AsyncClient
) -> None:
    await orders.place(order())
    await consume(orders, *shipment("a", BIKE))
    processing, shipped, delivery = (await shown(http))["fulfillment"]["events"]
    lines = [{"id": "line_1", "quantity": 1}, {"id": "line_2", "quantity": 1}]
    assert processing == {
        "id": "a_processing",
        "type": "processing",
        "occurred_at": "2026-06-01T12:01:00+00:00",
        "line_items": lines,
        "carrier": "Overland",
    }
    tracked = {
        "line_items": lines,
        "carrier": "Overland",
        "tracking_number": "OV-a",
        "tracking_url": "https://track.example/OV-a",
    }
    when = ("2026-06-01T12:02:00+00:00", "2026-06-01T12:03:00+00:00")
    assert shipped == {"id": "a_shipped", "type": "shipped", "occurred_at": when[0], **tracked}
    assert delivery == {
        "id": "a_delivered",
        "type": "delivered",
        "occurred_at": when[1],
        **tracked,
    }
    (found,) = (await orders.get(wanted())).shipments
    assert (found.created_at, found.shipped_at, found.delivered_at) == tuple(
        NOON + timedelta(minutes=minutes) for minutes in (1, 2, 3)
    )


async def test_shipments_are_published_and_the_last_one_completes_the_order(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    first, second = shipment("a", HELMETS), shipment("b", BIKE)
    await consume(orders, *first[:2], *second, first[2])
    found = [
        (event.type, event.data["shipment_id"], event.data["complete"])
        for event in await news(redis_of)
    ]
    assert found == [
        (OrderProcessing.type, "a", False),
        (OrderShipped.type, "a", False),
        (OrderProcessing.type, "b", True),
        (OrderShipped.type, "b", True),
        (OrderDelivered.type, "b", False),
        (OrderDelivered.type, "a", True),
    ]
    event = event_of((await news(redis_of))[1], OrderShipped)
    assert event == OrderShipped(
        order_id="order_s1",
        label=labels_of("s1")[0],
        platform="acme",
        shipment_id="a",
        carrier="Overland",
        tracking_number="OV-a",
        tracking_url="https://track.example/OV-a",
        lines=(MovedLine(id="line_1", sku="SKU-1", title="Thing 1", quantity=1),),
        complete=False,
    )


@pytest.mark.parametrize("consumed", [[], [created()]])
async def test_what_was_delivered_was_shipped_even_if_nobody_said_so(
    orders: OrdersService, http: httpx.AsyncClient, redis_of: ClientOf, consumed: list[Any]
) -> None:
    await orders.place(order())
    await consume(orders, *in_turn(*consumed), told(delivered(), 3))
    body = await shown(http)
    assert lines_of(body) == [(2, "fulfilled"), (1, "fulfilled")]
    kinds = [event["type"] for event in body["fulfillment"]["events"]]
    assert kinds == [*("processing" for _ in consumed), "shipped", "delivered"]
    moves = [*(OrderProcessing.type for _ in consumed), OrderShipped.type, OrderDelivered.type]
    assert [event.type for event in await news(redis_of)] == moves
    await consume(orders, told(created(), 1), told(dispatched(), 2))
    assert await shown(http) == body
    assert [event.type for event in await news(redis_of)] == moves


async def test_every_event_delivered_again_changes_nothing(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    consumed: list[Envelope] = []
    for envelope in (*in_turn(captured(), refunded(500)), *shipment("a")):
        consumed.append(envelope)
        await consume(orders, envelope)
        found, said = await orders.get(wanted()), await news(redis_of)
        await consume(orders, *consumed)
        assert (await orders.get(wanted()), await news(redis_of)) == (found, said)
    assert len(await news(redis_of)) == 5


async def test_the_same_events_in_other_events_change_nothing_but_refunds(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    """A payments or shipping that was restored from a backup may tell again what it told."""
    await orders.place(order())
    events = (captured(), created(), dispatched(), delivered())
    await consume(orders, *in_turn(*events))
    found, said = await orders.get(wanted()), await news(redis_of)
    await consume(orders, *(told(event, 10 + number) for number, event in enumerate(events)))
    assert (await orders.get(wanted()), await news(redis_of)) == (found, said)


async def test_an_event_that_comes_twice_at_once_counts_once(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    for envelope in (*in_turn(captured(), refunded(500)), *shipment("a")):
        await asyncio.gather(*(consume(orders, envelope) for _ in range(10)))
    found = await orders.get(wanted())
    assert [entry.what for entry in found.history] == [
        *("placed", "paid", "refunded"),
        *("processing", "shipped", "delivered"),
    ]
    assert len(await news(redis_of)) == 5


async def test_a_event_about_an_order_that_is_not_known_yet_is_tried_again(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    early = [*in_turn(captured(), refunded(500)), *shipment("a")]
    for envelope in early:
        with pytest.raises(OrderNotKnownError):
            await consume(orders, envelope)
    await orders.place(order())
    await consume(orders, *early)
    assert len(await news(redis_of)) == 5


async def test_a_line_that_the_order_does_not_have_is_refused_loudly(
    orders: OrdersService, redis_of: ClientOf
) -> None:
    await orders.place(order())
    before = await orders.get(wanted())
    for event in (created, dispatched, delivered):
        with pytest.raises(ForeignLineError, match="line_9"):
            await consume(orders, told(event("a", {"line_1": 1, "line_9": 1})))
    assert (await orders.get(wanted()), await news(redis_of)) == (before, [])


async def test_what_happens_to_a_withdrawn_order_is_written_down_and_not_published(
    orders: OrdersService, redis_of: ClientOf, admin: Redis
) -> None:
    await orders.place(order())
    await orders.withdraw(undo())
    await consume(orders, *in_turn(captured(), refunded(500)), *shipment("a"))
    with pytest.raises(OrderNotFound):
        await orders.get(wanted())
    assert [event.type for event in await news(redis_of)] == [OrderCancelled.type]
    assert await admin.llen(keys_of().history) == 7


async def test_no_other_order_is_touched(orders: OrdersService) -> None:
    for saga in ("s1", "s2"):
        await orders.place(order(saga))
    await consume(orders, told(captured("s2")), *shipment("a", saga="s2"))
    assert len((await orders.get(wanted("s1"))).history) == 1
    assert len((await orders.get(wanted("s2"))).history) == 5
