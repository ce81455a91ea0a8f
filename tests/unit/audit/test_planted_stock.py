"""Wrong stock, ledgers and reservations are found under their keys."""

from __future__ import annotations

from typing import cast

import pytest

from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.inventory.contract import ReservationStep, ReserveStock, StockLine
from tests.unit.audit.planting import (
    BIKES,
    GHOST,
    HOLDS,
    LEDGER,
    NO_SAGA,
    STOCK,
    Plant,
    Plants,
    entered,
    find,
    name_of,
)
from tests.unit.audit.shop import Finding, Purchase, Shop
from tests.unit.checkout.services import BIKE, SHIRT
from tests.unit.checkout.shopping import completing, ready

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(shop: Shop, plant: Plant) -> None:
    await find(shop, await shop.buy(sku=BIKE.sku), plant)


async def stocked(shop: Shop, **units: int) -> None:
    await shop.rewrite(STOCK, BIKE.sku, **{f"1__{state}": n for state, n in units.items()})


@PLANTS.planted
async def units_from_nowhere(shop: Shop, bike: Purchase) -> set[Finding]:
    await stocked(shop, available=2)
    return {("stock", "stock_differs", (f"{BIKES} available",))}


@PLANTS.planted
async def negative_units(shop: Shop, bike: Purchase) -> set[Finding]:
    await stocked(shop, reserved=-1)
    key = f"{BIKES} reserved"
    return {("stock", "stock_differs", (key,)), ("stock", "stock_negative", (key,))}


@PLANTS.planted
async def a_lost_ledger_entry(shop: Shop, bike: Purchase) -> set[Finding]:
    newest = cast(list[tuple[str, object]], await shop.admin.xrevrange(LEDGER, count=1))
    await shop.admin.xdel(LEDGER, newest[0][0])
    return {
        ("stock", "stock_differs", (f"{BIKES} reserved",)),
        ("stock", "stock_differs", (f"{BIKES} committed",)),
        ("stock", "reservation_differs", (bike.reservation,)),
    }


@PLANTS.planted
async def a_movement_of_nothing(shop: Shop, bike: Purchase) -> set[Finding]:
    movement = {"sku": BIKE.sku, "location_id": 1, "source": "available", "target": "available"}
    fields = movement | {"quantity": 1, "why": "received", "at": 0, "batch": "first"}
    return {("stock", "entry_impossible", (await entered(shop, fields),))}


@PLANTS.planted
async def an_unreadable_ledger_entry(shop: Shop, bike: Purchase) -> set[Finding]:
    return {("stock", "entry_unreadable", (await entered(shop, {"sku": BIKE.sku}),))}


@PLANTS.planted
async def an_unreadable_stock_row(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(STOCK, BIKE.sku, "{")
    return {(check, "unreadable", ()) for check in ("stock", "sold", "departures")}


@PLANTS.planted
async def another_reservation_than_booked(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("inventory", "reserve", quantity=2)
    await shop.rewrite(crashed.reservation, "allocations", **{"0__quantity": 1})
    return {
        ("stock", "reservation_differs", (crashed.reservation,)),
        ("events", "reservation_units_differ", (crashed.reservation,)),
    }


async def reserve_for_nobody(shop: Shop) -> str:
    line = StockLine(sku=SHIRT.sku, quantity=1)
    await shop.services.inventory.reserve(
        ReserveStock(key=f"{GHOST}:reserve", reservation_id=GHOST, lines=(line,), seconds=60)
    )
    return f"{{inventory}}:reservation:{GHOST}"


@PLANTS.planted
async def a_reservation_of_no_saga(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await reserve_for_nobody(shop)
    return {("reservations", "left_open", (key, NO_SAGA))}


@PLANTS.planted
async def units_sold_to_nobody(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await reserve_for_nobody(shop)
    await shop.services.inventory.commit(
        ReservationStep(key=f"{GHOST}:commit", reservation_id=GHOST)
    )
    return {
        ("reservations", "sold_for_nothing", (key, NO_SAGA)),
        ("sold", "sold_but_not_ordered", (f"{STOCK} {SHIRT.sku}",)),
    }


@PLANTS.planted
async def a_reservation_left_by_an_undone_saga(shop: Shop, bike: Purchase) -> set[Finding]:
    shop.services.payments.before["authorise"] = lambda: DependencyUnavailable("payments", "down")
    session = await ready(shop.services.checkout)
    with pytest.raises(DependencyUnavailable):
        await shop.services.checkout.complete(completing(session))
    saga = await shop.saga_of(session)
    key = f"{{inventory}}:reservation:{saga}"
    await shop.admin.hset(key, "state", "allocated")
    return {
        ("reservations", "left_open", (key, f"{{checkout}}:saga:{saga}")),
        ("stock", "reservation_differs", (key,)),
        ("events", "reservation_state_differs", (key,)),
    }


@PLANTS.planted
async def a_hold_that_never_lapses(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("inventory", "reserve")
    await shop.admin.zrem(HOLDS, crashed.saga)
    return {("reservations", "never_lapses", (crashed.reservation,))}


@PLANTS.planted
async def sold_units_that_would_lapse(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.zadd(HOLDS, {bike.saga: 1e13})
    return {("reservations", "would_lapse", (bike.reservation,))}


@PLANTS.planted
async def a_reservation_released_under_an_order(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.reservation, "state", "released")
    return {
        ("reservations", "released_but_placed", (bike.reservation, bike.log)),
        ("events", "reservation_state_differs", (bike.reservation,)),
    }


@PLANTS.planted
async def other_units_than_ordered(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.rewrite(bike.reservation, "allocations", **{"0__quantity": 2})
    return {
        ("reservations", "sold_units_differ", (bike.reservation, bike.order)),
        ("events", "reservation_units_differ", (bike.reservation,)),
    }


@PLANTS.planted
async def an_order_without_its_units(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.delete(bike.reservation)
    return {("reservations", "order_without_units", (bike.order, bike.reservation))}


@PLANTS.planted
async def an_unreadable_reservation(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.reservation, "allocations", "[")
    return {("reservations", "unreadable", (bike.reservation,))}
