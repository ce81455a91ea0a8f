"""A paid order's shipments are made by whichever half comes second, once, whatever happens."""

from __future__ import annotations

import asyncio
import random

import pytest
from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.shipping.domain.shipments import (
    HalvesDisagreeError,
    committed_half,
    paid_half,
    shipment_id,
    shipments_of,
)
from deployments.shipping.events import ShipmentCreated
from deployments.shipping.store import ShippingStore
from tests.unit.shipping.composed_shipping import ComposedShipping
from tests.unit.shipping.sample_events import (
    Lines,
    Places,
    committed,
    committed_event,
    envelope,
    paid,
    paid_event,
)

LINES: Lines = [("li_1", "X", 3), ("li_2", "Y", 1), ("li_3", "X", 2)]
PLACES: Places = [("X", 1, 1), ("X", 6, 4), ("Y", 6, 1)]


async def created(composed: ComposedShipping) -> list[ShipmentCreated]:
    envelopes = await composed.published(ShipmentCreated.type)
    events = [event_of(envelope, ShipmentCreated) for envelope in envelopes]
    return sorted(events, key=lambda event: (event.order_id, event.location_id))


async def expect_one_set(composed: ComposedShipping, order: str = "order_1") -> None:
    """Two shipments, each published once and due."""
    ids = (shipment_id(order, 1), shipment_id(order, 6))
    assert [one.shipment_id for one in await created(composed) if one.order_id == order] == list(
        ids
    )
    assert await composed.records.of_orders([order]) == {order: ids}
    for record in (await composed.records.records(ids)).values():
        assert (record.state, record.published) == ("created", 1)
        assert record.due is not None


@pytest.mark.parametrize("first", ["paid", "committed"])
async def test_the_second_half_makes_the_shipments(composed: ComposedShipping, first: str) -> None:
    halves = [paid("order_1", LINES), committed("order_1", PLACES)]
    one, other = halves if first == "paid" else reversed(halves)
    await composed.consume(one)
    assert await composed.published() == []
    await composed.consume(other)
    await expect_one_set(composed)
    here, there = await created(composed)
    assert (here.location_id, [(line.line_id, line.quantity) for line in here.lines]) == (
        1,
        [("li_1", 1)],
    )
    assert (there.location_id, [(line.line_id, line.quantity) for line in there.lines]) == (
        6,
        [("li_1", 2), ("li_2", 1), ("li_3", 2)],
    )
    assert {(event.carrier, event.reservation_id) for event in (here, there)} == {
        ("XRQ", "reservation of order_1")
    }


async def test_halves_at_the_same_moment_make_one_set(composed: ComposedShipping) -> None:
    """Two processes, each with another half, sixty times; and each half is delivered twice."""
    processes = [composed.process(), composed.process()]
    orders = [f"order_{n}" for n in range(60)]
    for order in orders:
        halves = [paid(order, LINES), committed(order, PLACES)]
        tries = [(half, process) for half in halves for process in processes]
        random.shuffle(tries)
        await asyncio.gather(*(composed.consume(half, by=process) for half, process in tries))
    assert len(await created(composed)) == 2 * len(orders)
    for order in orders:
        await expect_one_set(composed, order)


async def test_many_orders_at_once_are_kept_apart(composed: ComposedShipping) -> None:
    events: list[Envelope] = []
    for n in range(40):
        events += [paid(f"order_{n}", LINES), committed(f"order_{n}", PLACES)]
    random.shuffle(events)
    other = composed.process()
    await asyncio.gather(
        *(composed.consume(one) for one in events[::2]),
        *(composed.consume(one, by=other) for one in events[1::2]),
    )
    for n in range(40):
        await expect_one_set(composed, f"order_{n}")


async def test_an_event_that_comes_again_makes_nothing(composed: ComposedShipping) -> None:
    halves = [paid("order_1", LINES), committed("order_1", PLACES)]
    await composed.consume(halves[0], halves[0], halves[1], halves[1], *halves)
    await expect_one_set(composed)


@pytest.mark.parametrize("again", [paid("order_1", LINES), committed("order_1", PLACES)])
async def test_the_same_event_in_another_event_makes_nothing(
    composed: ComposedShipping, again: Envelope
) -> None:
    """Published twice by mistake, or long after, when the inbox has forgotten."""
    await composed.consume(paid("order_1", LINES), committed("order_1", PLACES))
    await composed.consume(again)
    await expect_one_set(composed)
    assert await composed.redis.hgetall("{shipping}:reservation:reservation of order_1") == {
        "order_id": "order_1"
    }


async def test_of_two_events_that_both_find_the_other_half_one_makes_the_shipments(
    composed: ComposedShipping,
) -> None:
    store, pay = ShippingStore(composed.redis).shipments, paid_half(paid_event("order_1", LINES))
    commit = committed_half(committed_event("order_1", PLACES))
    assert await store.paid(pay, "event_a") is None
    for event in ("event_b", "event_c"):
        assert await store.committed(pay.reservation_id, commit, event) == (pay, commit)
    for event in ("event_b", "event_c"):
        shipments = shipments_of(pay, commit, composed.clock.now)
        await store.create(pay, shipments, event, composed.clock.now)
    await expect_one_set(composed)


@pytest.mark.parametrize("first", ["paid", "committed"])
async def test_a_crash_between_the_scripts_leaves_the_event_to_be_handled(
    composed: ComposedShipping, first: str
) -> None:
    pay, commit = paid_event("order_1", LINES), committed_event("order_1", PLACES)
    await composed.consume(envelope(pay if first == "paid" else commit))
    event = envelope(commit if first == "paid" else pay)
    store = ShippingStore(composed.redis).shipments
    if first == "paid":
        halves = await store.committed(commit.reservation_id, committed_half(commit), event.id)
    else:
        halves = await store.paid(paid_half(pay), event.id)
    assert halves is not None
    assert await composed.published() == []
    await composed.consume(event)
    await expect_one_set(composed)


async def test_a_repeated_first_half_does_not_overtake_the_second(
    composed: ComposedShipping,
) -> None:
    """While the second half's process is between its scripts, the first half comes again."""
    first, second = paid("order_1", LINES), committed("order_1", PLACES)
    await composed.consume(first)
    store = ShippingStore(composed.redis).shipments
    event = committed_event("order_1", PLACES)
    await store.committed(event.reservation_id, committed_half(event), second.id)
    await composed.consume(first)
    assert await composed.published() == []
    await composed.consume(second)
    await expect_one_set(composed)


async def test_halves_that_disagree_are_a_bug_whenever_they_are_tried(
    composed: ComposedShipping,
) -> None:
    await composed.consume(paid("order_1", LINES))
    wrong = committed("order_1", [("X", 1, 5)])
    for _ in range(2):
        with pytest.raises(HalvesDisagreeError):
            await composed.consume(wrong)
    assert await composed.published() == []
    assert [record async for record in composed.records.ids()] == []


async def test_records_tell_what_the_audit_asks(composed: ComposedShipping) -> None:
    await composed.consume(paid("order_1", LINES), committed("order_1", PLACES))
    assert [batch async for batch in composed.records.order_ids()] == [["order_1"]]
    found = await composed.all_records()
    shipments = [record.shipment for record in found if record.shipment is not None]
    assert sorted(one.location_id for one in shipments) == [1, 6]
    assert {(one.order_id, one.reservation_id) for one in shipments} == {
        ("order_1", "reservation of order_1")
    }
    assert all(record.found for record in found)
    nothing = (await composed.records.records(["shipment_0"]))["shipment_0"]
    assert (nothing.found, nothing.shipment, nothing.published) == (False, None, 0)
    assert await composed.records.of_orders(["order_2"]) == {"order_2": ()}


async def test_a_half_is_one_round_trip_and_the_second_two(
    composed: ComposedShipping, admin: Redis
) -> None:
    async def scripts() -> int:
        return int((await admin.info("commandstats"))["cmdstat_evalsha"]["calls"])

    await composed.consume(paid("order_0", LINES), committed("order_0", PLACES))
    before = await scripts()
    await composed.consume(paid("order_1", LINES))
    assert await scripts() == before + 1
    await composed.consume(committed("order_1", PLACES))
    assert await scripts() == before + 3
