"""Wrong shipments, and units that left without one, are found under their keys."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase
from tests.unit.audit.planting import (
    BIKES,
    ORDERS,
    Plant,
    Plants,
    entered,
    find,
    name_of,
)
from tests.unit.checkout.services import BIKE

DUE = "{shipping}:due"
PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    bike = await audited.buy(sku=BIKE.sku)
    await audited.follow()
    await audited.dispatch()
    await audited.follow()
    await find(audited, bike, plant)


@PLANTS.planted
async def an_unreadable_shipment(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.shipment, "shipment", "{")
    return {
        ("shipments", "shipment_unreadable", (bike.shipment,)),
        ("departures", "left_without_shipment", (bike.departure,)),
    }


@PLANTS.planted
async def a_lost_shipment(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.delete(bike.shipment)
    return {
        ("progress", "shipment_too_early", (bike.order, bike.shipment)),
        ("shipments", "shipment_missing", (bike.order, bike.shipment)),
        ("departures", "left_without_shipment", (bike.departure,)),
        ("events", "no_such_shipment", (bike.shipment,)),
    }


@PLANTS.planted
async def a_shipment_that_its_order_does_not_have(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.delete(f"{{shipping}}:order:{bike.order_id}")
    return {
        ("shipments", "shipment_not_listed", (bike.shipment,)),
        ("shipments", "not_shipped", (bike.order,)),
    }


@PLANTS.planted
async def a_shipment_of_no_order(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    twin = "{shipping}:shipment:shipment_twin"
    await audited.admin.copy(bike.shipment, twin)
    await audited.admin.hset(twin, "state", "created")
    await audited.admin.hdel(twin, "sequence")
    await audited.rewrite(twin, "shipment", order_id="order_ghost", reservation_id="saga_ghost")
    await audited.admin.zadd(DUE, {"shipment_twin": 1e13})
    return {
        ("shipments", "shipment_without_order", (twin, f"{ORDERS}order_ghost")),
        ("shipments", "shipment_not_listed", (twin,)),
    }


@PLANTS.planted
async def a_shipment_of_an_order_that_is_not_paid(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await forget(audited, bike, "paid")
    return {
        ("progress", "capture_not_followed", (bike.order, bike.payment)),
        ("shipments", "shipment_not_paid", (bike.shipment, bike.order)),
        ("events", "order_not_so_far", (bike.order,)),
    }


async def forget(audited: AuditedStore, bike: Purchase, what: str) -> None:
    """Take something out of an order's history."""
    key = f"{{orders}}:history:{bike.order_id}"
    for entry in cast(list[str], await cast(Any, audited.admin.lrange(key, 0, -1))):
        if json.loads(entry)["what"] == what:
            await cast(Any, audited.admin.lrem(key, 1, entry))


@PLANTS.planted
async def an_order_that_forgot_its_shipment(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await forget(audited, bike, "processing")
    await forget(audited, bike, "shipped")
    return {
        ("progress", "shipment_not_followed", (bike.order, bike.shipment)),
        ("events", "order_not_so_far", (bike.order,)),
    }


@PLANTS.planted
async def a_shipment_of_another_reservation(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(bike.shipment, "shipment", reservation_id="saga_ghost")
    return {
        ("shipments", "shipment_of_another_reservation", (bike.shipment, bike.order)),
        ("departures", "departure_differs", (bike.shipment,)),
        ("departures", "left_without_shipment", (bike.departure,)),
        ("events", "shipment_differs", (bike.shipment,)),
    }


@PLANTS.planted
async def a_shipment_with_more_than_was_bought(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.rewrite(bike.shipment, "shipment", lines__0__quantity=2)
    return {
        ("shipments", "shipment_units_differ", (bike.shipment, bike.reservation)),
        ("shipments", "order_split_wrongly", (bike.order,)),
        ("departures", "departure_differs", (bike.shipment,)),
        ("events", "shipment_differs", (bike.shipment,)),
    }


@PLANTS.planted
async def a_shipment_that_nobody_tracks(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.zrem(DUE, bike.shipment.rpartition(":")[2])
    return {("shipments", "shipment_not_tracked", (bike.shipment,))}


@PLANTS.planted
async def a_shipment_that_was_not_dispatched(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.shipment, "state", "created")
    return {
        ("progress", "shipment_too_early", (bike.order, bike.shipment)),
        ("departures", "left_too_early", (bike.shipment,)),
        ("events", "shipment_state_differs", (bike.shipment,)),
    }


@PLANTS.planted
async def a_shipment_that_counts_an_event_too_many(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.hincrby(bike.shipment, "sequence", 1)
    return {("events", "event_missing", (bike.shipment,))}


@PLANTS.planted
async def units_that_left_twice(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    movement = {"sku": BIKE.sku, "location_id": 1, "source": "committed", "target": "shipped"}
    account = {"quantity": 1, "why": "shipped", "at": 0, "reservation": bike.saga}
    entry = await entered(audited, movement | account)
    return {
        ("stock", "stock_differs", (f"{BIKES} committed",)),
        ("stock", "stock_differs", (f"{BIKES} shipped",)),
        ("stock", "left_unsold", (entry,)),
        ("departures", "departure_differs", (bike.shipment,)),
    }


@PLANTS.planted
async def units_that_left_without_being_sold(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    movement = {"sku": BIKE.sku, "location_id": 1, "source": "available", "target": "shipped"}
    account = {"quantity": 1, "why": "shipped", "at": 0, "batch": "first"}
    entry = await entered(audited, movement | account)
    return {
        ("stock", "entry_impossible", (entry,)),
        ("stock", "stock_differs", (f"{BIKES} available",)),
        ("stock", "stock_differs", (f"{BIKES} shipped",)),
        ("departures", "left_without_shipment", ("{inventory}:reservation: at location 1",)),
    }
