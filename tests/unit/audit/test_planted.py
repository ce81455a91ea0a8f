"""Each kind of discrepancy, planted in Redis behind the store's back, is found under its keys.

Every case plants in a store that audits clean, and expects exactly what it says: some wrongs break
several rules, and then all of them say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from commands.audit import audit
from commands.auditing.findings import Discrepancy
from deployments.catalog.contract import ChangePrice, ImportProducts, Product
from deployments.foundation.calls import NeighbourUnavailable
from deployments.foundation.events import stream_of
from deployments.inventory.contract import ReservationStep, ReserveStock, StockLine
from deployments.orders.events import OrderCancelled
from deployments.payments.contract import AuthorisePayment, PaymentStep, RefundPayment
from tests.unit.audit.shop import Finding, Purchase, Shop
from tests.unit.checkout.rooms import BIKE, PLATFORM, SHIRT
from tests.unit.checkout.shopping import card, completing, ready

GHOST = "saga_ghost"
NO_SAGA = "{checkout}:saga:saga_ghost"
STOCK = "{inventory}:stock"
LEDGER = "{inventory}:ledger"
HOLDS = "{inventory}:holds"
ACTIVE = "{checkout}:sagas:active"
ORDERS = "{orders}:order:"
COUNTS = "{pricing}:redemptions"
OFTEN, ONCE = "{pricing}:redeemed:often", "{pricing}:redeemed:once"
BIKES, SOLD_BIKES = f"{STOCK} {BIKE.sku} at location 1", f"{STOCK} {BIKE.sku}"

Plant = Callable[[Shop, Purchase], Awaitable[set[Finding]]]
"""Plants something about a purchase of one bike, and says what is to be found."""
PLANTED: list[Plant] = []


def planted(plant: Plant) -> Plant:
    PLANTED.append(plant)
    return plant


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
async def test_what_is_planted_is_found(shop: Shop, plant: Plant) -> None:
    purchase = await shop.buy(sku=BIKE.sku)
    assert await shop.audit() == set()
    expected = await plant(shop, purchase)
    assert await shop.audit() == expected


# Stock and the ledger.


async def stocked(shop: Shop, **units: int) -> None:
    await shop.rewrite(STOCK, BIKE.sku, **{f"1__{state}": n for state, n in units.items()})


async def entered(shop: Shop, fields: dict[str, object]) -> str:
    """Put an entry into the ledger; the key by which it is named."""
    return f"{LEDGER} {cast(str, await shop.admin.xadd(LEDGER, cast(Any, fields)))}"


@planted
async def units_from_nowhere(shop: Shop, bike: Purchase) -> set[Finding]:
    await stocked(shop, available=2)
    return {("stock", "stock_differs", (f"{BIKES} available",))}


@planted
async def negative_units(shop: Shop, bike: Purchase) -> set[Finding]:
    await stocked(shop, reserved=-1)
    key = f"{BIKES} reserved"
    return {("stock", "stock_differs", (key,)), ("stock", "stock_negative", (key,))}


@planted
async def a_lost_ledger_entry(shop: Shop, bike: Purchase) -> set[Finding]:
    newest = cast(list[tuple[str, object]], await shop.admin.xrevrange(LEDGER, count=1))
    await shop.admin.xdel(LEDGER, newest[0][0])
    return {
        ("stock", "stock_differs", (f"{BIKES} reserved",)),
        ("stock", "stock_differs", (f"{BIKES} committed",)),
        ("stock", "reservation_differs", (bike.reservation,)),
    }


@planted
async def a_movement_of_nothing(shop: Shop, bike: Purchase) -> set[Finding]:
    movement = {"sku": BIKE.sku, "location_id": 1, "source": "available", "target": "available"}
    fields = movement | {"quantity": 1, "why": "received", "at": 0, "batch": "first"}
    return {("stock", "entry_impossible", (await entered(shop, fields),))}


@planted
async def an_unreadable_ledger_entry(shop: Shop, bike: Purchase) -> set[Finding]:
    return {("stock", "entry_unreadable", (await entered(shop, {"sku": BIKE.sku}),))}


@planted
async def an_unreadable_stock_row(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(STOCK, BIKE.sku, "{")
    return {("stock", "unreadable", ()), ("sold", "unreadable", ())}


@planted
async def another_reservation_than_booked(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("inventory", "reserve", quantity=2)
    await shop.rewrite(crashed.reservation, "allocations", **{"0__quantity": 1})
    return {
        ("stock", "reservation_differs", (crashed.reservation,)),
        ("events", "reservation_units_differ", (crashed.reservation,)),
    }


# Units sold and reservations.


async def reserve_for_nobody(shop: Shop) -> str:
    line = StockLine(sku=SHIRT.sku, quantity=1)
    await shop.rooms.inventory.reserve(
        ReserveStock(key=f"{GHOST}:reserve", reservation_id=GHOST, lines=(line,), seconds=60)
    )
    return f"{{inventory}}:reservation:{GHOST}"


@planted
async def a_reservation_of_no_saga(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await reserve_for_nobody(shop)
    return {("reservations", "left_open", (key, NO_SAGA))}


@planted
async def units_sold_to_nobody(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await reserve_for_nobody(shop)
    await shop.rooms.inventory.commit(ReservationStep(key=f"{GHOST}:commit", reservation_id=GHOST))
    return {
        ("reservations", "sold_for_nothing", (key, NO_SAGA)),
        ("sold", "sold_but_not_ordered", (f"{STOCK} {SHIRT.sku}",)),
    }


@planted
async def a_reservation_left_by_an_undone_saga(shop: Shop, bike: Purchase) -> set[Finding]:
    shop.rooms.payments.before["authorise"] = lambda: NeighbourUnavailable("payments", "down")
    session = await ready(shop.rooms.checkout)
    with pytest.raises(NeighbourUnavailable):
        await shop.rooms.checkout.complete(completing(session))
    saga = await shop.saga_of(session)
    key = f"{{inventory}}:reservation:{saga}"
    await shop.admin.hset(key, "state", "allocated")
    return {
        ("reservations", "left_open", (key, f"{{checkout}}:saga:{saga}")),
        ("stock", "reservation_differs", (key,)),
        ("events", "reservation_state_differs", (key,)),
    }


@planted
async def a_hold_that_never_lapses(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("inventory", "reserve")
    await shop.admin.zrem(HOLDS, crashed.saga)
    return {("reservations", "never_lapses", (crashed.reservation,))}


@planted
async def sold_units_that_would_lapse(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.zadd(HOLDS, {bike.saga: 1})
    return {("reservations", "would_lapse", (bike.reservation,))}


@planted
async def a_reservation_released_under_an_order(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.reservation, "state", "released")
    return {
        ("reservations", "released_but_placed", (bike.reservation, bike.log)),
        ("events", "reservation_state_differs", (bike.reservation,)),
    }


@planted
async def other_units_than_ordered(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.rewrite(bike.reservation, "allocations", **{"0__quantity": 2})
    return {
        ("reservations", "sold_units_differ", (bike.reservation, bike.order)),
        ("events", "reservation_units_differ", (bike.reservation,)),
    }


@planted
async def an_order_without_its_units(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.delete(bike.reservation)
    return {("reservations", "order_without_units", (bike.order, bike.reservation))}


@planted
async def an_unreadable_reservation(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.reservation, "allocations", "[")
    return {("reservations", "unreadable", (bike.reservation,))}


# Orders and payments.


@planted
async def a_lost_order(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.delete(bike.order)
    return {
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
        ("reservations", "sold_without_order", (bike.reservation, bike.order)),
        ("payments", "captured_without_order", (bike.payment, bike.log)),
        ("links", "order_missing", (bike.checkout, bike.order)),
        ("events", "no_such_order", (bike.order,)),
    }


@planted
async def an_order_placed_twice(shop: Shop, bike: Purchase) -> set[Finding]:
    twin = "{orders}:order:order_twin"
    await shop.admin.copy(bike.order, twin)
    await shop.rewrite(twin, "order", order_id="order_twin")
    await shop.admin.zadd(f"{{orders}}:platform:{PLATFORM}", {"order_twin": 1})
    first, second = sorted([bike.order, twin])
    return {
        ("sold", "ordered_but_not_sold", (SOLD_BIKES,)),
        ("payments", "payment_shared", (second, first, bike.payment)),
        ("payments", "payment_of_another_order", (twin, bike.payment, bike.log)),
        ("links", "session_names_another_order", (twin, bike.checkout)),
        ("events", "event_missing", (twin,)),
    }


@planted
async def a_lost_payment(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.delete(bike.payment)
    return {
        ("payments", "payment_missing", (bike.order, bike.payment)),
        ("events", "no_such_payment", (bike.payment,)),
    }


@planted
async def an_order_that_is_not_paid(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, mapping={"status": "authorised", "captured": 0})
    return {
        ("payments", "not_paid", (bike.order, bike.payment)),
        ("payments", "captured_times", (bike.payment,)),
        ("events", "payment_state_differs", (bike.payment,)),
    }


@planted
async def a_payment_of_another_amount(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, mapping={"amount": 7, "captured": 7})
    return {
        ("payments", "amount_differs", (bike.order, bike.payment)),
        ("events", "payment_differs", (bike.payment,)),
    }


@planted
async def a_payment_of_another_checkout(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, "checkout_id", "checkout_other")
    return {
        ("payments", "payment_of_another_checkout", (bike.order, bike.payment)),
        ("events", "payment_differs", (bike.payment,)),
    }


@planted
async def a_payment_captured_in_part(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, "captured", 7)
    return {("payments", "captured_amount", (bike.payment,))}


@planted
async def a_payment_captured_twice(shop: Shop, bike: Purchase) -> set[Finding]:
    attempts = f"{{payments}}:attempts:{bike.saga}"
    await shop.admin.hset(attempts, "again", '{"kind": "capture", "outcome": "done"}')
    return {("payments", "captured_times", (bike.payment,))}


@planted
async def more_given_back_than_taken(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, "refunded", 10**9)
    return {("payments", "refunded_amount", (bike.payment,))}


@planted
async def an_unreadable_payment(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.payment, "amount", "much")
    return {("payments", "payment_unreadable", (bike.payment,))}


async def authorise_for_nobody(shop: Shop) -> str:
    await shop.rooms.payments.authorise(
        AuthorisePayment(
            key=f"{GHOST}:authorise",
            payment_id=GHOST,
            checkout_id="checkout_ghost",
            amount=100,
            currency="USD",
            instrument=card(),
        )
    )
    return f"{{payments}}:payment:{GHOST}"


@planted
async def money_held_for_nothing(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await authorise_for_nobody(shop)
    return {("payments", "held_without_order", (key, NO_SAGA))}


@planted
async def money_taken_for_nothing(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await authorise_for_nobody(shop)
    await shop.rooms.payments.capture(PaymentStep(key=f"{GHOST}:capture", payment_id=GHOST))
    return {("payments", "captured_without_order", (key, NO_SAGA))}


@planted
async def money_held_by_an_undone_saga(shop: Shop, bike: Purchase) -> set[Finding]:
    saga = await shop.decline()
    key = f"{{payments}}:payment:{saga}"
    await shop.admin.hset(key, "status", "authorised")
    return {
        ("payments", "held_without_order", (key, f"{{checkout}}:saga:{saga}")),
        ("events", "payment_state_differs", (key,)),
    }


# Totals.


@planted
async def a_total_that_does_not_add_up(shop: Shop, bike: Purchase) -> set[Finding]:
    total = bike.session.priced.totals.total
    await shop.rewrite(bike.order, "order", totals__total=total + 1)
    return {
        ("totals", "total_is_off", (bike.order,)),
        ("totals", "totals_not_agreed", (bike.order, bike.checkout)),
        ("payments", "amount_differs", (bike.order, bike.payment)),
        ("events", "order_differs", (bike.order,)),
    }


@planted
async def a_line_that_does_not_add_up(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.rewrite(bike.order, "order", items__0__unit_price=1)
    return {
        ("totals", "line_is_off", (f"{bike.order} li_1",)),
        ("totals", "lines_not_agreed", (bike.order, bike.checkout)),
    }


@planted
async def another_total_than_agreed(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.rewrite(bike.checkout, "doc", priced__totals__total=1)
    return {
        ("totals", "totals_not_agreed", (bike.order, bike.checkout)),
        ("events", "session_differs", (bike.checkout,)),
    }


@planted
async def an_unreadable_order(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.order, "order", "{")
    return {
        ("totals", "order_unreadable", (bike.order,)),
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
    }


# Sagas.


@planted
async def a_saga_that_is_forgotten(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("payments", "authorise")
    await shop.admin.zrem(ACTIVE, crashed.saga)
    return {("sagas", "forgotten", (crashed.log,))}


@planted
async def an_ended_saga_that_is_driven_on(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.zadd(ACTIVE, {bike.saga: 1})
    return {("sagas", "still_active", (bike.log,))}


@planted
async def a_saga_that_is_not_there(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.zadd(ACTIVE, {GHOST: 1})
    return {("sagas", "saga_missing", (NO_SAGA,))}


@planted
async def a_lost_session(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.delete(bike.checkout)
    return {
        ("sagas", "session_missing", (bike.log, bike.checkout)),
        ("links", "session_missing", (bike.order, bike.checkout)),
    }


@planted
async def a_session_set_free_too_early(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("payments", "authorise")
    await shop.admin.hset(crashed.checkout, "status", "ready_for_complete")
    return {("sagas", "session_not_in_progress", (crashed.log, crashed.checkout))}


@planted
async def a_session_never_set_free(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.checkout, "status", "complete_in_progress")
    return {
        ("sagas", "session_left_in_progress", (bike.log, bike.checkout)),
        ("events", "session_state_differs", (bike.checkout,)),
    }


@planted
async def a_placed_session_that_is_cancelled(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.checkout, "status", "canceled")
    return {
        ("sagas", "session_not_completed", (bike.log, bike.checkout)),
        ("links", "session_names_another_order", (bike.order, bike.checkout)),
        ("events", "session_state_differs", (bike.checkout,)),
    }


# Redemptions.


@planted
async def a_redemption_too_many(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hincrby(COUNTS, "often", 1)
    return {("redemptions", "count_differs", (OFTEN,))}


@planted
async def more_redemptions_than_allowed(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.sadd(ONCE, f"{GHOST}:redeem")
    await shop.admin.hincrby(COUNTS, "once", 1)
    return {
        ("redemptions", "over_the_limit", (ONCE,)),
        ("redemptions", "redeemed_by_nobody", (f"{ONCE} {GHOST}:redeem",)),
    }


@planted
async def a_redemption_that_was_not_given_back(shop: Shop, bike: Purchase) -> set[Finding]:
    saga = await shop.decline()
    await shop.admin.sadd(OFTEN, f"{saga}:redeem")
    await shop.admin.hincrby(COUNTS, "often", 1)
    keys = (f"{OFTEN} {saga}:redeem", f"{{checkout}}:saga:{saga}")
    return {("redemptions", "not_given_back", keys)}


@planted
async def a_redemption_of_no_use(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.sadd(OFTEN, f"{bike.saga}:redeem")
    await shop.admin.hincrby(COUNTS, "often", 1)
    keys = (f"{OFTEN} {bike.saga}:redeem", bike.log, bike.checkout)
    return {("redemptions", "redeemed_for_nothing", keys)}


@planted
async def a_code_that_was_used_unredeemed(shop: Shop, bike: Purchase) -> set[Finding]:
    used = await shop.buy(codes=("often",))
    await shop.admin.srem(OFTEN, f"{used.saga}:redeem")
    await shop.admin.hincrby(COUNTS, "often", -1)
    return {("redemptions", "not_redeemed", (used.checkout,))}


@planted
async def a_redemption_of_an_unknown_code(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(COUNTS, "nope", 1)
    key = ("{pricing}:redeemed:nope",)
    return {("redemptions", "count_differs", key), ("redemptions", "code_unknown", key)}


# What names each other.


@planted
async def an_order_that_its_platform_cannot_find(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.zrem(f"{{orders}}:platform:{PLATFORM}", bike.order_id)
    return {("links", "not_listed", (bike.order,))}


@planted
async def a_withdrawn_order_of_a_completed_checkout(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.order, "withdrawn", 1)
    return {
        ("links", "withdrawn_but_listed", (bike.order,)),
        ("links", "order_missing", (bike.checkout, bike.order)),
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
        ("reservations", "sold_without_order", (bike.reservation, bike.order)),
        ("payments", "captured_without_order", (bike.payment, bike.log)),
    }


@planted
async def an_order_of_another_platform(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.rewrite(bike.checkout, "doc", platform="other")
    return {("links", "platform_differs", (bike.order, bike.checkout))}


@planted
async def a_completed_session_without_order(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.rewrite(bike.checkout, "doc", order=None)
    return {
        ("links", "completed_without_order", (bike.checkout,)),
        ("links", "session_names_another_order", (bike.order, bike.checkout)),
        ("sagas", "session_not_completed", (bike.log, bike.checkout)),
    }


@planted
async def a_session_with_another_ones_order(shop: Shop, bike: Purchase) -> set[Finding]:
    other = await shop.buy()
    await shop.rewrite(bike.checkout, "doc", order__order_id=other.order_id)
    return {
        ("links", "order_of_another_session", (bike.checkout, other.order)),
        ("links", "session_names_another_order", (bike.order, bike.checkout)),
        ("sagas", "session_not_completed", (bike.log, bike.checkout)),
        ("events", "session_differs", (bike.checkout,)),
    }


@planted
async def a_session_in_progress_without_a_saga(shop: Shop, bike: Purchase) -> set[Finding]:
    crashed = await shop.crash("inventory", "reserve", "before")
    await shop.admin.delete(crashed.log)
    await shop.admin.zrem(ACTIVE, crashed.saga)
    return {("links", "in_progress_without_saga", (crashed.checkout, crashed.log))}


@planted
async def an_unreadable_session(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hset(bike.checkout, "doc", "{")
    return {("links", "session_unreadable", (bike.checkout,))}


@planted
async def a_cart_of_no_session(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.set("{checkout}:cart:cart_1", "checkout_ghost")
    keys = ("{checkout}:cart:cart_1", "{checkout}:session:checkout_ghost")
    return {("links", "cart_without_session", keys)}


@planted
async def a_cart_of_another_session(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.set("{checkout}:cart:cart_1", bike.session.id)
    return {("links", "cart_of_another_session", ("{checkout}:cart:cart_1", bike.checkout))}


# Events.


async def event_about(shop: Shop, service: str, subject: str) -> tuple[str, str, dict[str, Any]]:
    """The last event about a subject: its stream, its entry, and what it says."""
    stream = stream_of(service, subject)
    for entry, fields in cast(list[tuple[str, dict[str, str]]], await shop.admin.xrevrange(stream)):
        event: dict[str, Any] = json.loads(fields["event"])
        if event["subject"] == subject:
            return stream, entry, event
    raise AssertionError(f"nothing was said of {subject}")


async def announce(shop: Shop, stream: str, event: object) -> str:
    """Append to a stream; the key by which the entry is named."""
    entry = await shop.admin.xadd(stream, {"event": json.dumps(event)})
    return f"{stream} {cast(str, entry)}"


@planted
async def an_unreadable_event(shop: Shop, bike: Purchase) -> set[Finding]:
    key = await announce(shop, stream_of("carts", "cart_1"), "nothing")
    return {("events", "event_unreadable", (key,))}


@planted
async def an_event_of_another_service(shop: Shop, bike: Purchase) -> set[Finding]:
    _, _, event = await event_about(shop, "orders", bike.order_id)
    key = await announce(shop, stream_of("shipping", bike.order_id), event)
    return {("events", "event_misplaced", (key,))}


@planted
async def an_event_that_is_told_twice(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, _, event = await event_about(shop, "payments", bike.saga)
    key = await announce(shop, stream, event)
    return {("events", "event_out_of_turn", (key,))}


@planted
async def an_event_that_is_not_counted(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, _, event = await event_about(shop, "payments", bike.saga)
    await announce(shop, stream, event | {"sequence": "0000000000000003"})
    return {("events", "events_uncounted", (bike.payment,))}


@planted
async def a_deleted_event(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, entry, _ = await event_about(shop, "payments", bike.saga)
    await shop.admin.xdel(stream, entry)
    return {
        ("events", "events_deleted", (stream,)),
        ("events", "event_missing", (bike.payment,)),
    }


@planted
async def an_order_that_was_never_announced(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, _, _ = await event_about(shop, "orders", bike.order_id)
    others = [await shop.admin.hget(key, "order") for key in await shop.admin.keys(f"{ORDERS}*")]
    assert len(others) == 3
    await shop.admin.delete(stream)
    return {
        ("events", "event_missing", (f"{ORDERS}{order['order_id']}",))
        for order in map(json.loads, cast(list[str], others))
        if stream_of("orders", order["order_id"]) == stream
    }


@planted
async def an_order_that_is_told_to_be_cancelled(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, _, event = await event_about(shop, "orders", bike.order_id)
    cancelled = event | {"type": OrderCancelled.type, "sequence": "0000000000000002"}
    await announce(shop, stream, cancelled)
    await shop.admin.hset(bike.order, "sequence", 2)
    return {("events", "order_not_cancelled", (bike.order,))}


@planted
async def a_refund_that_was_told_but_not_made(shop: Shop, bike: Purchase) -> set[Finding]:
    key = f"{bike.saga}:refund"
    await shop.rooms.payments.refund(RefundPayment(key=key, payment_id=bike.saga, amount=5))
    await shop.admin.hset(bike.payment, "refunded", 4)
    return {("events", "payment_state_differs", (bike.payment,))}


@planted
async def a_price_that_was_never_told(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.catalog.change_price(ChangePrice(sku=BIKE.sku, price=5))
    stream, entry, _ = await event_about(shop, "catalog", BIKE.sku)
    await shop.admin.hset("{catalog}:prices", BIKE.sku, 6)
    return {("events", "price_differs", (f"{stream} {entry}",))}


@planted
async def a_title_that_was_never_told(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, entry, _ = await event_about(shop, "catalog", BIKE.product_id)
    await shop.rewrite("{catalog}:products", BIKE.product_id, title="Another bike")
    return {("events", "product_differs", (f"{stream} {entry}",))}


@planted
async def a_product_that_is_gone(shop: Shop, bike: Purchase) -> set[Finding]:
    stream, entry, _ = await event_about(shop, "catalog", BIKE.product_id)
    await shop.admin.hdel("{catalog}:products", BIKE.product_id)
    return {("events", "no_such_product", (f"{stream} {entry}",))}


@planted
async def a_product_without_a_price(shop: Shop, bike: Purchase) -> set[Finding]:
    await shop.admin.hdel("{catalog}:prices", BIKE.sku)
    return {("events", "unreadable", ())}


@planted
async def a_product_that_was_never_announced(shop: Shop, bike: Purchase) -> set[Finding]:
    stream = stream_of("catalog", BIKE.product_id)
    assert stream != stream_of("catalog", SHIRT.product_id)
    await shop.admin.delete(stream)
    return {("events", "product_not_announced", (stream,))}


async def test_an_event_is_named_by_its_stream_and_entry(shop: Shop) -> None:
    bought = await shop.buy()
    stream, entry, _ = await event_about(shop, "payments", bought.saga)
    await shop.admin.hset(bought.payment, "status", "voided")
    found = {one for report in await audit(shop.books) for one in report.findings.discrepancies}
    keys = (f"{stream} {entry}", bought.payment)
    assert Discrepancy("payment_state_differs", keys, "") in found


async def test_a_price_that_came_with_a_later_import_is_in_order(shop: Shop) -> None:
    await shop.catalog.change_price(ChangePrice(sku=BIKE.sku, price=5))
    cheaper = BIKE.model_copy(update={"price": 4})
    product = Product(id=BIKE.product_id, title="Bike", description="", variants=(cheaper,))
    await shop.catalog.import_products(ImportProducts(batch="second", products=(product,)))
    assert await shop.audit() == set()


async def test_a_stream_may_be_trimmed_from_its_beginning(shop: Shop) -> None:
    bought = await shop.buy()
    for service, subject in (("payments", bought.saga), ("orders", bought.order_id)):
        await shop.admin.xtrim(stream_of(service, subject), maxlen=1, approximate=False)
        assert await shop.audit() == set()


def test_every_rule_has_a_case_that_breaks_it() -> None:
    root = Path(__file__).parents[3]
    code = "".join(path.read_text() for path in (root / "commands" / "auditing").glob("*.py"))
    rules = set(re.findall(r'Discrepancy\(\s*"(\w+)"', code))
    cases = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert len(rules) > 40
    assert {rule for rule in rules if f'"{rule}"' not in cases} == set()
