"""What should have ended long ago is found, by the servers' clocks."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from commands.audit.subscriptions import EVENT_LASTS
from deployments.carts.audit import UNCHANGED
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.audit.letters import UNATTENDED
from deployments.foundation.audit.overdue import OVERDUE, DueRecords, milliseconds, overdue
from deployments.foundation.events.keys import dead_letters_key
from deployments.foundation.events.publishing import ENTRY_FIELD, stream_of
from deployments.topology import SUBSCRIPTIONS
from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase
from tests.unit.audit.planting import HOLDS, Plant, Plants, event_about, find, name_of
from tests.unit.checkout.services import BIKE

LATE = OVERDUE + timedelta(minutes=1)
PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    await find(audited, await audited.buy(sku=BIKE.sku), plant)


def before(audited: AuditedStore, span: timedelta) -> int:
    """So long ago, by the clock of the services and of the audit."""
    return milliseconds(audited.services.clock() - span)


@PLANTS.planted
async def a_saga_that_has_been_undoing_for_eight_minutes(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    undoing = await audited.crash_declined("inventory", "release")
    assert await audited.admin.hget(undoing.log, "stage") == "undoing"
    audited.services.clock.forward(minutes=8)
    return {
        ("sagas", "stuck", (undoing.log,)),
        ("reservations", "held_too_long", (undoing.reservation, undoing.log)),
    }


@PLANTS.planted
async def a_saga_that_has_been_settling_for_eight_minutes(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    settling = await audited.crash("inventory", "commit", "before")
    assert await audited.admin.hget(settling.log, "stage") == "settling"
    audited.services.clock.forward(minutes=8)
    return {
        ("sagas", "stuck", (settling.log,)),
        ("reservations", "held_too_long", (settling.reservation, settling.log)),
    }


@PLANTS.planted
async def a_hold_that_has_not_lapsed(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    crashed = await audited.crash("inventory", "reserve")
    await audited.admin.zadd(HOLDS, {crashed.saga: before(audited, LATE)})
    return {("overdue", "hold_overdue", (crashed.reservation,))}


@PLANTS.planted
async def a_shipment_about_which_nobody_asks_the_carrier(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.follow()
    await audited.dispatch()
    await audited.follow()
    shipment = bike.shipment.rpartition(":")[2]
    await audited.admin.zadd("{shipping}:due", {shipment: before(audited, LATE)})
    return {("overdue", "tracking_overdue", (bike.shipment,))}


@PLANTS.planted
async def a_cart_that_nobody_says_was_left(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    left = before(audited, UNCHANGED + timedelta(minutes=1))
    await audited.admin.zadd("{carts}:changed", {"cart_left": left})
    return {("overdue", "abandonment_overdue", ("{carts}:cart:cart_left",))}


@PLANTS.planted
async def a_mail_that_nobody_goes_on_sending(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    mail = "{notifications}:mail:event_left"
    await audited.admin.hset(mail, mapping={"state": "sending", "ends": before(audited, LATE)})
    return {("overdue", "mail_overdue", (mail,))}


@PLANTS.planted
async def a_webhook_that_nobody_delivers(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.zadd("{webhooks}:ready", {"endpoint_left": before(audited, LATE)})
    return {("overdue", "dispatching_overdue", ("{webhooks}:endpoint:endpoint_left",))}


@PLANTS.planted
async def a_refund_whose_answer_nobody_knows(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    began = audited.services.clock() - LATE
    attempt = {"kind": "refund", "amount": 5, "started_at": began.isoformat()}
    await audited.admin.hset(f"{{payments}}:attempts:{bike.saga}", "back", json.dumps(attempt))
    return {("payments", "payment_unanswered", (bike.payment,))}


@PLANTS.planted
async def a_dead_letter_that_nobody_cares_for(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    _, _, event = await event_about(audited, "payments", bike.saga)
    failed_at = before(audited, UNATTENDED + timedelta(minutes=1))
    letter = {"attempts": "12", "failed_at": failed_at, "error": "ValueError: planted"}
    of = {"publisher": "payments", "partition": "0", "entry": "1-1", ENTRY_FIELD: json.dumps(event)}
    key = dead_letters_key("orders")
    entry = await audited.admin.xadd(key, cast(Any, letter | of))
    return {("subscribers", "dead_letter_unattended", (f"{key} {cast(str, entry)}",))}


@PLANTS.planted
async def a_webhook_that_was_given_up_and_nobody_cares_for(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    failed_at = before(audited, UNATTENDED + timedelta(minutes=1))
    letter = {"attempts": "40", "failed_at": failed_at, "error": "answered 500"}
    key = dead_letters_key("webhooks", "deliveries")
    entry = await audited.admin.xadd(key, cast(Any, letter))
    return {("subscribers", "dead_letter_unattended", (f"{key} {cast(str, entry)}",))}


@PLANTS.planted
async def events_that_nobody_consumes(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    """The server numbers entries by its own clock, so these are put back as if it was earlier."""
    seconds, _ = await audited.admin.time()
    earlier = int((seconds - EVENT_LASTS.total_seconds() - 60) * 1000)
    stream = stream_of("payments", bike.saga)
    entries = cast(list[tuple[str, Any]], await audited.admin.xrange(stream))
    await audited.admin.delete(stream)
    for number, (_, fields) in enumerate(entries):
        await audited.admin.xadd(stream, fields, id=f"{earlier}-{number}")
    subscribers = [name for name, publishers in SUBSCRIPTIONS.items() if "payments" in publishers]
    assert len(subscribers) > 1
    return {("subscribers", "events_overdue", ("{payments}:events:*",))}


async def test_what_may_still_end_in_time_is_in_order(audited: AuditedStore) -> None:
    """A moment before it is overdue, nothing is."""
    await audited.crash_declined("inventory", "release")
    await audited.crash("inventory", "commit", "before")
    audited.services.clock.forward(seconds=OVERDUE.total_seconds())
    assert await audited.audit() == set()
    audited.services.clock.forward(seconds=1)
    assert {rule for _, rule, _ in await audited.audit()} == {"stuck", "held_too_long"}


class AnHourAhead(Redis):
    """A client of a server whose clock is not that of this machine."""

    async def time(self, **_: object) -> tuple[int, int]:
        seconds, microseconds = await super().time()
        return seconds + 3600, microseconds


async def test_the_time_is_the_servers(valkey_socket: Path) -> None:
    """Whatever the clock of the operator's machine says."""
    async with AnHourAhead(unix_socket_path=str(valkey_socket)) as server:
        first, _ = await server.time()
        now = await Inspection().now(server)
        last, _ = await server.time()
    assert first <= now.timestamp() < last + 1


async def test_what_is_looked_after_between_two_looks_is_not_overdue(audited: AuditedStore) -> None:
    now = audited.services.clock()
    looks = iter([DueRecords(3, {"gone": now, "stays": now - LATE}), DueRecords(2, {"stays": now})])
    asked: list[datetime] = []

    async def due_until(until: datetime) -> DueRecords:
        asked.append(until)
        return next(looks)

    def finding(id_: str, late: str) -> Discrepancy:
        return Discrepancy(late, (id_,), "")

    inspection = Inspection(0, audited.services.clock)
    found = await overdue(
        due_until, finding, kind="things", redis=audited.admin, inspection=inspection
    )
    assert found == Findings({"things": 3}, (Discrepancy("6 minutes", ("stays",), ""),))
    assert asked == [now - OVERDUE, now - OVERDUE]
