"""Wrong stock, ledgers and reservations are found under their keys."""

from __future__ import annotations

from typing import cast

import pytest

from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.values.authorship import STORE
from deployments.inventory.contract import ReservationStep, ReserveStock, StockLine
from deployments.inventory.contract.changes import SendTransfer
from deployments.inventory.contract.levels import TransferLine
from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase
from tests.unit.audit.planting import (
    BIKES,
    GHOST,
    HOLDS,
    LEDGER,
    NO_SAGA,
    SOLD_BIKES,
    STOCK,
    Plant,
    Plants,
    entered,
    find,
    name_of,
)
from tests.unit.checkout.services import BIKE, SHIRT
from tests.unit.checkout.shopping import completing, ready

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    await find(audited, await audited.buy(sku=BIKE.sku), plant)


async def stocked(audited: AuditedStore, **units: int) -> None:
    await audited.rewrite(STOCK, BIKE.sku, **{f"1__{state}": n for state, n in units.items()})


@PLANTS.planted
async def units_from_nowhere(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await stocked(audited, available=2)
    return {
        ("stock", "stock_differs", (f"{BIKES} available",)),
        ("stock", "level_differs", (SOLD_BIKES,)),
    }


@PLANTS.planted
async def a_sku_that_is_filed_under_more_than_it_has(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.zincrby("{inventory}:levels", 1, BIKE.sku)
    return {("stock", "level_differs", (SOLD_BIKES,))}


@PLANTS.planted
async def somebody_who_waits_in_no_queue(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(STOCK, BIKE.sku, **{"0": {"committed": 1}})
    return {
        ("stock", "stock_differs", (f"{SOLD_BIKES} at location 0 committed",)),
        ("stock", "queue_differs", (SOLD_BIKES,)),
        ("stock", "waits_in_vain", (SOLD_BIKES,)),
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
    }


@PLANTS.planted
async def somebody_who_waits_for_what_is_there(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.rewrite(STOCK, SHIRT.sku, **{"0": {"reserved": 1}})
    shirts = f"{STOCK} {SHIRT.sku}"
    return {
        ("stock", "stock_differs", (f"{shirts} at location 0 reserved",)),
        ("stock", "queue_differs", (shirts,)),
        ("stock", "waits_in_vain", (shirts,)),
    }


async def sent(audited: AuditedStore) -> None:
    """Send a shirt from the barn to the main location."""
    await audited.services.inventory.send_transfer(
        SendTransfer(
            key="transfer_1",
            author=STORE,
            source_id=2,
            target_id=1,
            lines=(TransferLine(sku=SHIRT.sku, quantity=1),),
        )
    )


@PLANTS.planted
async def units_on_their_way_in_no_transfer(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await sent(audited)
    await audited.admin.delete("{inventory}:transfers")
    return {("stock", "transfer_differs", (f"{STOCK} {SHIRT.sku} at location 1",))}


@PLANTS.planted
async def a_transfer_that_loses_a_unit(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await sent(audited)
    newest = cast(list[tuple[str, dict[str, str]]], await audited.admin.xrevrange(LEDGER, count=1))
    await audited.admin.xdel(LEDGER, newest[0][0])
    await audited.admin.delete("{inventory}:transfers")
    await audited.rewrite(STOCK, SHIRT.sku, **{"1__incoming": 0})
    return {("stock", "transfer_unbalanced", ("transfer_1",))}


@PLANTS.planted
async def negative_units(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await stocked(audited, reserved=-1)
    key = f"{BIKES} reserved"
    return {("stock", "stock_differs", (key,)), ("stock", "stock_negative", (key,))}


@PLANTS.planted
async def a_lost_ledger_entry(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    newest = cast(list[tuple[str, object]], await audited.admin.xrevrange(LEDGER, count=1))
    await audited.admin.xdel(LEDGER, newest[0][0])
    return {
        ("stock", "stock_differs", (f"{BIKES} reserved",)),
        ("stock", "stock_differs", (f"{BIKES} committed",)),
        ("stock", "reservation_differs", (bike.reservation,)),
    }


@PLANTS.planted
async def a_movement_of_nothing(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    movement = {"sku": BIKE.sku, "location_id": 1, "source": "available", "target": "available"}
    fields = movement | {"quantity": 1, "why": "received", "at": 0, "batch": "first"}
    return {("stock", "entry_impossible", (await entered(audited, fields),))}


@PLANTS.planted
async def an_unreadable_ledger_entry(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    return {("stock", "entry_unreadable", (await entered(audited, {"sku": BIKE.sku}),))}


@PLANTS.planted
async def an_unreadable_stock_row(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(STOCK, BIKE.sku, "{")
    return {(check, "unreadable", ()) for check in ("stock", "sold", "departures")}


@PLANTS.planted
async def another_reservation_than_booked(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    crashed = await audited.crash("inventory", "reserve", quantity=2)
    await audited.rewrite(crashed.reservation, "allocations", **{"0__quantity": 1})
    return {
        ("stock", "reservation_differs", (crashed.reservation,)),
        ("events", "reservation_units_differ", (crashed.reservation,)),
    }


async def reserve_for_nobody(audited: AuditedStore) -> str:
    line = StockLine(sku=SHIRT.sku, quantity=1)
    await audited.services.inventory.reserve(
        ReserveStock(key=f"{GHOST}:reserve", reservation_id=GHOST, lines=(line,), seconds=60)
    )
    return f"{{inventory}}:reservation:{GHOST}"


@PLANTS.planted
async def a_reservation_of_no_saga(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    key = await reserve_for_nobody(audited)
    return {("reservations", "left_open", (key, NO_SAGA))}


@PLANTS.planted
async def units_sold_to_nobody(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    key = await reserve_for_nobody(audited)
    await audited.services.inventory.commit(
        ReservationStep(key=f"{GHOST}:commit", reservation_id=GHOST)
    )
    return {
        ("reservations", "sold_for_nothing", (key, NO_SAGA)),
        ("sold", "sold_but_not_ordered", (f"{STOCK} {SHIRT.sku}",)),
    }


@PLANTS.planted
async def a_reservation_left_by_an_undone_saga(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    audited.services.payments.before["authorise"] = lambda: DependencyUnavailable(
        "payments", "down"
    )
    session = await ready(audited.services.checkout)
    with pytest.raises(DependencyUnavailable):
        await audited.services.checkout.complete(completing(session))
    saga = await audited.saga_of(session)
    key = f"{{inventory}}:reservation:{saga}"
    await audited.admin.hset(key, "state", "allocated")
    return {
        ("reservations", "left_open", (key, f"{{checkout}}:saga:{saga}")),
        ("stock", "reservation_differs", (key,)),
        ("events", "reservation_state_differs", (key,)),
    }


@PLANTS.planted
async def a_hold_that_never_lapses(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    crashed = await audited.crash("inventory", "reserve")
    await audited.admin.zrem(HOLDS, crashed.saga)
    return {("reservations", "never_lapses", (crashed.reservation,))}


@PLANTS.planted
async def sold_units_that_would_lapse(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.zadd(HOLDS, {bike.saga: 1e13})
    return {("reservations", "would_lapse", (bike.reservation,))}


@PLANTS.planted
async def a_reservation_released_under_an_order(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.hset(bike.reservation, "state", "released")
    return {
        ("reservations", "released_but_placed", (bike.reservation, bike.log)),
        ("events", "reservation_state_differs", (bike.reservation,)),
    }


@PLANTS.planted
async def other_units_than_ordered(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(bike.reservation, "allocations", **{"0__quantity": 2})
    return {
        ("reservations", "sold_units_differ", (bike.reservation, bike.order)),
        ("events", "reservation_units_differ", (bike.reservation,)),
    }


@PLANTS.planted
async def an_order_without_its_units(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.delete(bike.reservation)
    return {("reservations", "order_without_units", (bike.order, bike.reservation))}


@PLANTS.planted
async def an_unreadable_reservation(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.reservation, "allocations", "[")
    return {("reservations", "unreadable", (bike.reservation,))}
