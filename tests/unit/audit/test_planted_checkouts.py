"""Wrong sagas, redemptions, sessions and carts are found under their keys."""

from __future__ import annotations

import pytest

from deployments.checkout.store import PARKED
from tests.unit.audit.audited_store import AuditedStore, Finding, Purchase
from tests.unit.audit.planting import (
    ACTIVE,
    GHOST,
    NO_SAGA,
    SOLD_BIKES,
    Plant,
    Plants,
    find,
    name_of,
)
from tests.unit.checkout.services import BIKE, PLATFORM

COUNTS = "{pricing}:redemptions"
OFTEN, ONCE = "{pricing}:redeemed:often", "{pricing}:redeemed:once"

PLANTS = Plants()


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
async def test_what_is_planted_is_found(audited: AuditedStore, plant: Plant) -> None:
    await find(audited, await audited.buy(sku=BIKE.sku), plant)


@PLANTS.planted
async def a_saga_that_is_forgotten(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    crashed = await audited.crash("payments", "authorise")
    await audited.admin.zrem(ACTIVE, crashed.saga)
    return {("sagas", "forgotten", (crashed.log,))}


@PLANTS.planted
async def a_saga_that_waits_for_an_operator(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    crashed = await audited.crash("payments", "authorise")
    await audited.admin.zrem(ACTIVE, crashed.saga)
    await audited.admin.zadd(PARKED, {crashed.saga: 1})
    return {("sagas", "parked", (crashed.log,))}


@PLANTS.planted
async def an_ended_saga_that_is_driven_on(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.zadd(ACTIVE, {bike.saga: 1})
    return {("sagas", "still_active", (bike.log,))}


@PLANTS.planted
async def a_saga_that_is_not_there(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.zadd(ACTIVE, {GHOST: 1})
    return {("sagas", "saga_missing", (NO_SAGA,))}


@PLANTS.planted
async def a_lost_session(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.delete(bike.checkout)
    return {
        ("sagas", "session_missing", (bike.log, bike.checkout)),
        ("links", "session_missing", (bike.order, bike.checkout)),
    }


@PLANTS.planted
async def a_session_set_free_too_early(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    crashed = await audited.crash("payments", "authorise")
    await audited.admin.hset(crashed.checkout, "status", "ready_for_complete")
    return {("sagas", "session_not_in_progress", (crashed.log, crashed.checkout))}


@PLANTS.planted
async def a_session_never_set_free(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.checkout, "status", "complete_in_progress")
    return {
        ("sagas", "session_left_in_progress", (bike.log, bike.checkout)),
        ("events", "session_state_differs", (bike.checkout,)),
    }


@PLANTS.planted
async def a_placed_session_that_is_cancelled(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.checkout, "status", "canceled")
    return {
        ("sagas", "session_not_completed", (bike.log, bike.checkout)),
        ("links", "session_names_another_order", (bike.order, bike.checkout)),
        ("events", "session_state_differs", (bike.checkout,)),
    }


@PLANTS.planted
async def a_redemption_too_many(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hincrby(COUNTS, "often", 1)
    return {("redemptions", "count_differs", (OFTEN,))}


@PLANTS.planted
async def more_redemptions_than_allowed(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.sadd(ONCE, f"{GHOST}:redeem")
    await audited.admin.hincrby(COUNTS, "once", 1)
    return {
        ("redemptions", "over_the_limit", (ONCE,)),
        ("redemptions", "redeemed_by_nobody", (f"{ONCE} {GHOST}:redeem",)),
    }


@PLANTS.planted
async def a_redemption_that_was_not_given_back(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    saga = await audited.decline()
    await audited.admin.sadd(OFTEN, f"{saga}:redeem")
    await audited.admin.hincrby(COUNTS, "often", 1)
    keys = (f"{OFTEN} {saga}:redeem", f"{{checkout}}:saga:{saga}")
    return {("redemptions", "not_given_back", keys)}


@PLANTS.planted
async def a_redemption_of_no_use(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.sadd(OFTEN, f"{bike.saga}:redeem")
    await audited.admin.hincrby(COUNTS, "often", 1)
    keys = (f"{OFTEN} {bike.saga}:redeem", bike.log, bike.checkout)
    return {("redemptions", "redeemed_for_nothing", keys)}


@PLANTS.planted
async def a_code_that_was_used_unredeemed(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    used = await audited.buy(codes=("often",))
    await audited.admin.srem(OFTEN, f"{used.saga}:redeem")
    await audited.admin.hincrby(COUNTS, "often", -1)
    return {("redemptions", "not_redeemed", (used.checkout,))}


@PLANTS.planted
async def a_redemption_of_an_unknown_code(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(COUNTS, "nope", 1)
    key = ("{pricing}:redeemed:nope",)
    return {("redemptions", "count_differs", key), ("redemptions", "code_unknown", key)}


@PLANTS.planted
async def an_order_that_its_platform_cannot_find(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.zrem(f"{{orders}}:platform:{PLATFORM}", bike.order_id)
    return {("links", "not_listed", (bike.order,))}


@PLANTS.planted
async def a_withdrawn_order_of_a_completed_checkout(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    await audited.admin.hset(bike.order, "withdrawn", 1)
    return {
        ("links", "withdrawn_but_listed", (bike.order,)),
        ("links", "order_missing", (bike.checkout, bike.order)),
        ("sold", "sold_but_not_ordered", (SOLD_BIKES,)),
        ("reservations", "sold_without_order", (bike.reservation, bike.order)),
        ("payments", "captured_without_order", (bike.payment, bike.log)),
    }


@PLANTS.planted
async def an_order_of_another_platform(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(bike.checkout, "doc", platform="other")
    return {("links", "platform_differs", (bike.order, bike.checkout))}


@PLANTS.planted
async def a_completed_session_without_order(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.rewrite(bike.checkout, "doc", order=None)
    return {
        ("links", "completed_without_order", (bike.checkout,)),
        ("links", "session_names_another_order", (bike.order, bike.checkout)),
        ("sagas", "session_not_completed", (bike.log, bike.checkout)),
    }


@PLANTS.planted
async def a_session_with_another_ones_order(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    other = await audited.buy()
    await audited.rewrite(bike.checkout, "doc", order__order_id=other.order_id)
    return {
        ("links", "order_of_another_session", (bike.checkout, other.order)),
        ("links", "session_names_another_order", (bike.order, bike.checkout)),
        ("sagas", "session_not_completed", (bike.log, bike.checkout)),
        ("events", "session_differs", (bike.checkout,)),
    }


@PLANTS.planted
async def a_session_in_progress_without_a_saga(
    audited: AuditedStore, bike: Purchase
) -> set[Finding]:
    crashed = await audited.crash("inventory", "reserve", "before")
    await audited.admin.delete(crashed.log)
    await audited.admin.zrem(ACTIVE, crashed.saga)
    return {("links", "in_progress_without_saga", (crashed.checkout, crashed.log))}


@PLANTS.planted
async def an_unreadable_session(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.hset(bike.checkout, "doc", "{")
    return {("links", "session_unreadable", (bike.checkout,))}


@PLANTS.planted
async def a_cart_of_no_session(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.set("{checkout}:cart:cart_1", "checkout_ghost")
    keys = ("{checkout}:cart:cart_1", "{checkout}:session:checkout_ghost")
    return {("links", "cart_without_session", keys)}


@PLANTS.planted
async def a_cart_of_another_session(audited: AuditedStore, bike: Purchase) -> set[Finding]:
    await audited.admin.set("{checkout}:cart:cart_1", bike.session.id)
    return {("links", "cart_of_another_session", ("{checkout}:cart:cart_1", bike.checkout))}
