"""Shipments move along as their carriers say, each step published once."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from deployments.foundation.events.publishing import event_of
from deployments.shipping.carrier import Carriers
from deployments.shipping.contract import AdvanceShipments
from deployments.shipping.domain.parcels import TrackingStatus
from deployments.shipping.domain.shipments import shipment_id
from deployments.shipping.events import ShipmentDelivered, ShipmentDispatched
from deployments.shipping.records import ShipmentRecord
from deployments.shipping.service import ShippingService
from deployments.shipping.shipment_store import ShipmentStore
from deployments.shipping.store import ShippingStore
from deployments.shipping.tracking import (
    CARRIER_SECONDS,
    LEASE,
    SHORTEST_PAUSE_SECONDS,
    Tracking,
)
from tests.unit.shipping.composed_shipping import (
    DELIVERY_SECONDS,
    DISPATCH_SECONDS,
    ComposedShipping,
    TroubledCarrier,
)
from tests.unit.shipping.sample_events import committed, paid

FIRST = shipment_id("order_0", 1)


async def ship(composed: ComposedShipping, count: int = 1, carrier: str = "XRQ") -> None:
    """So many orders of one shipment each."""
    for n in range(count):
        lines, places = [("li_1", "X", 2)], [("X", 1, 2)]
        await composed.consume(paid(f"order_{n}", lines, carrier), committed(f"order_{n}", places))


async def record(composed: ComposedShipping, id_: str = FIRST) -> ShipmentRecord:
    return (await composed.records.records([id_]))[id_]


async def test_a_parcel_is_booked_dispatched_and_delivered(composed: ComposedShipping) -> None:
    await ship(composed)
    assert await composed.advance() == (1, 0, 0)
    assert composed.carrier.booked == [FIRST]
    assert await composed.advance(DISPATCH_SECONDS - 0.1) == (0, 0, 0)
    assert await composed.advance(0.1) == (1, 1, 0)
    assert (await record(composed)).state == "dispatched"
    assert await composed.advance(DELIVERY_SECONDS - 0.1) == (0, 0, 0)
    assert await composed.advance(0.1) == (1, 1, 0)
    assert await composed.advance(10**6) == (0, 0, 0), "what is delivered is not looked at any more"
    told = await record(composed)
    assert (told.state, told.published, told.due) == ("delivered", 3, None)
    assert await composed.said() == [
        ("created", FIRST),
        ("dispatched", FIRST),
        ("delivered", FIRST),
    ]
    assert composed.carrier.booked == [FIRST]


async def test_the_events_say_what_travels_and_where_to_follow_it(
    composed: ComposedShipping,
) -> None:
    await ship(composed)
    await composed.advance()
    await composed.advance(DISPATCH_SECONDS)
    await composed.advance(DELIVERY_SECONDS)
    (gone,) = await composed.published(ShipmentDispatched.type)
    (there,) = await composed.published(ShipmentDelivered.type)
    event = event_of(gone, ShipmentDispatched)
    assert event.model_dump() == event_of(there, ShipmentDelivered).model_dump()
    assert (event.order_id, event.reservation_id, event.location_id, event.carrier) == (
        "order_0",
        "reservation of order_0",
        1,
        "XRQ",
    )
    assert [(line.line_id, line.sku, line.quantity) for line in event.lines] == [("li_1", "X", 2)]
    assert event.tracking_url.endswith(f"/{event.tracking_number}")
    assert (gone.sequence, there.sequence) == (2, 3)


async def test_what_was_missed_is_published_in_its_order(composed: ComposedShipping) -> None:
    await ship(composed)
    assert await composed.advance(3600) == (1, 1, 0)
    assert [what for what, _ in await composed.said()] == ["created", "dispatched", "delivered"]
    assert (await record(composed)).due is None


async def test_a_batch_takes_the_longest_overdue(composed: ComposedShipping) -> None:
    await ship(composed, 7)
    assert await composed.advance(limit=3) == (3, 0, 0)
    assert await composed.advance(limit=3) == (3, 0, 0)
    assert await composed.advance(limit=3) == (1, 0, 0)
    assert sorted(composed.carrier.booked) == sorted(shipment_id(f"order_{n}", 1) for n in range(7))


async def test_trackers_at_once_share_the_work_and_publish_once(composed: ComposedShipping) -> None:
    await ship(composed, 40)
    trackers = [composed.process() for _ in range(4)]

    async def all_advance(seconds: float) -> int:
        composed.clock.forward(seconds)
        passes = (each.advance(AdvanceShipments(limit=15)) for each in trackers)
        return sum(done.count for done in await asyncio.gather(*passes))

    for seconds in (0, DISPATCH_SECONDS, DELIVERY_SECONDS):
        assert await all_advance(seconds) == 40
    assert len(composed.carrier.booked) == 40
    for record_ in await composed.all_records():
        assert (record_.state, record_.published) == ("delivered", 3)


async def test_a_tracker_that_stalls_changes_nothing_when_it_wakes(
    composed: ComposedShipping,
) -> None:
    await ship(composed)
    await composed.advance()
    composed.clock.forward(DISPATCH_SECONDS)
    stalling = TroubledCarrier(composed.clock)
    stalling.hold = asyncio.Event()
    stalled = asyncio.create_task(advance(composed.process(stalling)))
    await stalling.waiting.wait()
    assert await composed.advance() == (0, 0, 0), "it is the other's"
    assert await composed.advance(LEASE.total_seconds()) == (1, 1, 0)
    stalling.hold.set()
    assert await stalled == (1, 0, 0)
    assert [what for what, _ in await composed.said()] == ["created", "dispatched", "delivered"]
    assert (await record(composed)).due is None


async def test_a_tracker_whose_clock_is_fast_takes_nothing_from_others(
    composed: ComposedShipping,
) -> None:
    await ship(composed)
    stalling = TroubledCarrier(composed.clock)
    stalling.hold = asyncio.Event()
    stalled = asyncio.create_task(advance(composed.process(stalling)))
    await stalling.waiting.wait()
    composed.clock.forward(10 * LEASE.total_seconds())
    assert await advance(composed.process()) == (0, 0, 0)
    stalling.hold.set()
    assert await stalled == (1, 0, 0)


async def advance(tracker: ShippingService) -> tuple[int, int, int]:
    done = await tracker.advance(AdvanceShipments())
    return done.count, done.moved, done.failed


async def test_two_that_book_at_once_go_by_one_label(composed: ComposedShipping) -> None:
    await ship(composed)
    store = ShippingStore(composed.redis).shipments
    (taken,) = await store.take_due(1, composed.clock.now, LEASE)
    parcel = taken.read().shipment.parcel()
    mine = await composed.carrier.book(parcel)
    theirs = mine.model_copy(update={"tracking_number": "another"})
    answers = await asyncio.gather(*(store.label(FIRST, one) for one in (mine, theirs, mine)))
    assert len({answer.tracking_number for answer in answers}) == 1


async def test_a_carrier_that_fails_for_one_holds_up_no_other(
    composed: ComposedShipping, caplog: pytest.LogCaptureFixture
) -> None:
    await ship(composed, 5)
    composed.carrier.trouble[FIRST] = ConnectionError("nobody there")
    assert await composed.advance() == (5, 0, 1)
    assert await composed.advance(DISPATCH_SECONDS) == (5, 4, 1)
    assert caplog.text.count("nobody there") == 1
    assert (await record(composed)).state == "created"


async def test_failures_grow_the_pause_and_success_ends_it(composed: ComposedShipping) -> None:
    await ship(composed)
    composed.carrier.trouble[FIRST] = ConnectionError("nobody there")
    for pause in (0, 2, 4, 8, 16):
        if pause:
            assert await composed.advance(pause - 0.1) == (0, 0, 0)
        assert await composed.advance(0.1) == (1, 0, 1)
    composed.carrier.trouble.clear()
    assert await composed.advance(32) == (1, 1, 0)
    assert [what for what, _ in await composed.said()] == ["created", "dispatched", "delivered"]


async def test_failures_are_counted_from_the_last_answer(composed: ComposedShipping) -> None:
    await ship(composed)
    nobody = ConnectionError("nobody there")
    composed.carrier.trouble[FIRST] = nobody
    await composed.advance()
    await composed.advance(2)
    composed.carrier.trouble.clear()
    assert await composed.advance(DISPATCH_SECONDS) == (1, 1, 0)
    (gone,) = await composed.published(ShipmentDispatched.type)
    composed.carrier.trouble[gone.data["tracking_number"]] = nobody
    assert await composed.advance(DELIVERY_SECONDS) == (1, 0, 1)
    assert await composed.advance(2) == (1, 0, 1), "as after a first failure"


async def test_a_carrier_that_hangs_is_given_up_for_now(
    composed: ComposedShipping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.shipping.tracking.CARRIER_SECONDS", 0.05)
    await ship(composed)
    composed.carrier.hold = asyncio.Event()
    assert await composed.advance() == (1, 0, 1)
    composed.carrier.hold = None
    assert await composed.advance(DISPATCH_SECONDS) == (1, 1, 0)
    assert composed.carrier.booked == [FIRST], "the label was kept"


async def test_a_carrier_that_never_wants_to_wait_is_not_asked_without_end(
    composed: ComposedShipping,
) -> None:
    class Impatient(TroubledCarrier):
        async def look_up(self, tracking_number: str) -> TrackingStatus:
            return TrackingStatus("waiting", 0.0)

    await ship(composed)
    tracker = composed.process(Impatient(composed.clock))
    assert await advance(tracker) == (1, 0, 0)
    assert await advance(tracker) == (0, 0, 0)
    composed.clock.forward(SHORTEST_PAUSE_SECONDS)
    assert await advance(tracker) == (1, 0, 0)


async def test_a_note_that_fails_is_raised_when_the_others_are_taken(
    composed: ComposedShipping,
) -> None:
    class Failing(ShipmentStore):
        async def look_again(self, shipment_id: str, at: datetime, failures: int = 0) -> None:
            raise ConnectionError("Redis is away")

    await ship(composed, 5)
    composed.carrier.trouble[FIRST] = ConnectionError("nobody there")
    composed.clock.forward(DISPATCH_SECONDS)
    tracking = Tracking(Failing(composed.redis), Carriers([composed.carrier]), composed.clock)
    with pytest.raises(ConnectionError, match="Redis is away"):
        await tracking.advance(5)
    states = [record_.state for record_ in await composed.all_records()]
    assert sorted(filter(None, states)) == ["created", *["dispatched"] * 4]


def test_the_lease_outlasts_a_pass() -> None:
    assert LEASE.total_seconds() > 3 * CARRIER_SECONDS


async def test_a_carrier_that_nobody_composed_waits_for_one(composed: ComposedShipping) -> None:
    await ship(composed, carrier="Pigeon Post")
    assert await composed.advance() == (1, 0, 1)
    assert (await record(composed)).state == "created"


async def test_a_record_that_cannot_be_read_holds_up_no_other(composed: ComposedShipping) -> None:
    await ship(composed, 3)
    await composed.redis.hset("{shipping}:shipment:" + FIRST, "shipment", "{")
    assert await composed.advance(DISPATCH_SECONDS) == (3, 2, 1)
    assert await composed.advance(DELIVERY_SECONDS) == (3, 2, 1)
