"""Units are sold before they are here: as many as were allowed, and given out in their order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from deployments.foundation.audit.inspection import Inspection
from deployments.inventory.audit import InventoryAudit
from deployments.inventory.contract import Allocation, CheckAvailability, OutOfStock
from deployments.inventory.contract.ahead import (
    NOT_HERE,
    AheadLevel,
    AllowanceTooLow,
    ExpectedInThePast,
    ListWaiting,
    SaleAhead,
    Waiting,
    WaitingReservation,
)
from deployments.inventory.contract.levels import GetLevels
from deployments.inventory.events import SaleAheadAllowed, StockCommitted
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.inventory.inventory_client import NOW, InventoryClient
from tests.unit.inventory.stock_requests import (
    SOON,
    adjusting,
    allowing,
    arriving,
    counting,
    delivery,
    sending,
)

SKU = "glove"
"""There is one of it, at place 6."""


async def ahead(inventory: InventoryClient) -> SaleAhead | None:
    found = await inventory.api.availability(CheckAvailability(skus=(SKU,)))
    return found.ahead.get(SKU)


async def level(inventory: InventoryClient) -> AheadLevel:
    (found,) = (await inventory.api.levels(GetLevels(skus=(SKU,)))).ahead
    return found


async def sell(inventory: InventoryClient, saga: str, units: int, may_wait: int) -> None:
    await inventory.reserve_ahead(saga, SKU, units, may_wait)
    await inventory.allocate(saga)
    await inventory.commit(saga)


async def told(redis_of: ClientOf) -> dict[str, dict[int, int]]:
    """What was told as sold: units of each reservation by location."""
    events = await published(redis_of("inventory"), "inventory", StockCommitted.type)
    found = [StockCommitted.model_validate(one.data) for one in events]
    return {one.reservation_id: {x.location_id: x.quantity for x in one.lines} for one in found}


async def test_stock_goes_first_and_what_is_allowed_after_it(inventory: InventoryClient) -> None:
    assert await ahead(inventory) is None
    await inventory.api.allow_ahead(allowing("a", SKU, 3))
    assert await ahead(inventory) == SaleAhead(units=3, kind="backorder", expected=SOON)
    made = await inventory.reserve_ahead("r", SKU, 3, 2)
    assert [(one.location_id, one.quantity) for one in made.allocations] == [(6, 1), (NOT_HERE, 2)]
    assert (await ahead(inventory)) == SaleAhead(units=1, kind="backorder", expected=SOON)
    with pytest.raises(OutOfStock) as short:
        await inventory.reserve_ahead("r2", SKU, 2, 2)
    assert short.value.shortages[0].available == 1


async def test_nobody_waits_who_did_not_agree(inventory: InventoryClient) -> None:
    await inventory.api.allow_ahead(allowing("a", SKU, 3))
    with pytest.raises(OutOfStock):
        await inventory.reserve("r", (SKU, 2))
    with pytest.raises(OutOfStock):
        await inventory.reserve_ahead("r2", SKU, 4, 2)
    assert await ahead(inventory) == SaleAhead(units=3, kind="backorder", expected=SOON)


async def test_what_is_given_back_may_be_sold_ahead_again(inventory: InventoryClient) -> None:
    await inventory.api.allow_ahead(allowing("a", SKU, 3, "preorder"))
    await inventory.reserve_ahead("r", SKU, 4, 3)
    await inventory.reserve("other", ("helmet", 1))
    await inventory.release("r")
    assert (await level(inventory)).left == 3
    await inventory.reserve_ahead("r2", SKU, 4, 3)
    inventory.clock.forward(hours=1)
    await inventory.release_expired()
    assert (await inventory.available(SKU))[SKU] == 1
    assert (await level(inventory)).left == 3


async def test_what_arrives_goes_to_whoever_waits_longest_and_is_shipped_then(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    await inventory.api.allow_ahead(allowing("a", SKU, 9))
    await sell(inventory, "first", 3, 2)
    inventory.clock.forward(1)
    await sell(inventory, "second", 2, 2)
    assert await told(redis_of) == {}
    assert (await level(inventory)) == AheadLevel(
        sku=SKU, kind="backorder", expected=SOON, waiting=4, left=5
    )
    await inventory.api.receive_delivery(delivery("d1", {(SKU, 6): 1}))
    assert await told(redis_of) == {}
    await inventory.api.receive_delivery(delivery("d2", {(SKU, 1): 2}))
    assert await told(redis_of) == {"first": {6: 2, 1: 1}}
    await inventory.api.receive_delivery(delivery("d3", {(SKU, 1): 5}))
    assert await told(redis_of) == {"first": {6: 2, 1: 1}, "second": {1: 2}}
    assert (await inventory.available(SKU))[SKU] == 4
    # What was allowed is used up by what arrived for it.
    assert (await level(inventory)).units == 5
    await inventory.ship("e1", "first", 6, (SKU, 2))
    await inventory.ship("e2", "first", 1, (SKU, 1))
    await inventory.ship("e3", "second", 1, (SKU, 2))
    await clean(redis_of)


async def test_who_waits_is_told_in_the_order_in_which_he_is_served(
    inventory: InventoryClient,
) -> None:
    await inventory.api.allow_ahead(allowing("a", SKU, 9))
    await sell(inventory, "first", 3, 2)
    began = inventory.clock()
    inventory.clock.forward(60)
    await inventory.reserve_ahead("second", SKU, 4, 4)
    first = await inventory.api.waiting(ListWaiting(sku=SKU, limit=1))
    assert (first.total, first.cursor) == (2, 1)
    assert first.reservations == (
        WaitingReservation(reservation_id="first", units=2, since=began, sold=True),
    )
    rest = await inventory.api.waiting(ListWaiting(sku=SKU, cursor=1, limit=1))
    assert (rest.total, rest.cursor) == (2, None)
    later = began + timedelta(seconds=60)
    assert rest.reservations == (
        WaitingReservation(reservation_id="second", units=4, since=later, sold=False),
    )
    # One unit for the first, who waits for another one still.
    await inventory.api.receive_delivery(delivery("d1", {(SKU, 6): 1}))
    found = await inventory.api.waiting(ListWaiting(sku=SKU))
    assert [one.units for one in found.reservations] == [1, 4]
    await inventory.api.receive_delivery(delivery("d2", {(SKU, 6): 9}))
    assert await inventory.api.waiting(ListWaiting(sku=SKU)) == Waiting(reservations=(), total=0)
    assert (await inventory.api.waiting(ListWaiting(sku="none"))).total == 0


async def clean(redis_of: ClientOf) -> None:
    audit = InventoryAudit(redis_of("inventory"), Inspection(0))
    for check in (audit.stock, audit.holds, audit.events):
        assert (await check()).discrepancies == ()


async def test_who_has_not_paid_yet_waits_in_the_same_queue(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    await inventory.api.allow_ahead(allowing("a", SKU, 9))
    await inventory.reserve_ahead("slow", SKU, 2, 1)
    await inventory.api.receive_delivery(delivery("d", {(SKU, 1): 1}))
    assert (await level(inventory)).waiting == 0
    await inventory.allocate("slow")
    await inventory.commit("slow")
    assert await told(redis_of) == {"slow": {6: 1, 1: 1}}
    records = await inventory.records.reservations(["slow"])
    assert records["slow"].told == (
        Allocation(sku=SKU, location_id=6, quantity=1),
        Allocation(sku=SKU, location_id=NOT_HERE, quantity=1),
    )
    await clean(redis_of)


Arrival = Callable[[InventoryClient], Awaitable[object]]


@pytest.mark.parametrize(
    "arrival",
    [
        lambda one: one.receive("batch", ("helmet", 1, 9)),
        lambda one: one.api.receive_delivery(delivery("d", {("helmet", 1): 9})),
        lambda one: one.api.adjust(adjusting("j", {("helmet", 1): 9})),
        lambda one: one.api.count(counting("c", {("helmet", 1): 14})),
        lambda one: one.api.receive_transfer(arriving("ta", "t")),
        lambda one: one.release("early"),
    ],
    ids=["batch", "delivery", "adjustment", "count", "transfer", "release"],
)
async def test_whatever_makes_units_available_fills_whoever_waits(
    inventory: InventoryClient, redis_of: ClientOf, arrival: Arrival
) -> None:
    await inventory.receive("more", ("helmet", 1, 9))
    await inventory.api.send_transfer(sending("t", 1, 6, helmet=9))
    await inventory.reserve("early", ("helmet", 8))
    await inventory.api.allow_ahead(allowing("a", "helmet", 4))
    await inventory.reserve_ahead("late", "helmet", 3, 3)
    await inventory.commit("late")
    await arrival(inventory)
    (told_units,) = [sum(units.values()) for units in (await told(redis_of)).values()]
    assert told_units == 3
    await clean(redis_of)


async def test_the_day_ends_a_sale_ahead(inventory: InventoryClient) -> None:
    today = NOW.date()
    await inventory.api.allow_ahead(allowing("a", SKU, 3, expected=today))
    assert await ahead(inventory) is not None
    inventory.clock.forward(hours=12)
    assert await ahead(inventory) is None
    with pytest.raises(OutOfStock):
        await inventory.reserve_ahead("r", SKU, 2, 2)
    with pytest.raises(ExpectedInThePast):
        await inventory.api.allow_ahead(allowing("b", SKU, 3, expected=today))
    await inventory.api.allow_ahead(allowing("c", SKU, 0, expected=date(2020, 1, 1)))


async def test_no_less_is_allowed_than_is_waited_for(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    for _ in range(2):  # As a form that is sent twice, or whose answer was lost.
        await inventory.api.allow_ahead(allowing("a", SKU, 5))
    await sell(inventory, "r", 3, 2)
    with pytest.raises(AllowanceTooLow) as low:
        await inventory.api.allow_ahead(allowing("b", SKU, 1))
    assert low.value.waiting == 2
    await inventory.api.allow_ahead(allowing("c", SKU, 2, "preorder", date(2026, 6, 1)))
    assert await ahead(inventory) is None
    assert (await level(inventory)).units == 2
    events = await published(redis_of("inventory"), "inventory", SaleAheadAllowed.type)
    changes = [SaleAheadAllowed.model_validate(one.data).change for one in events]
    assert [one.after["units"] for one in changes] == [5, 2]
    assert changes[1].before == {"units": 5, "kind": "backorder", "expected": "2026-05-01"}
    await inventory.api.receive_delivery(delivery("d", {(SKU, 1): 2}))
    await inventory.api.allow_ahead(allowing("e", SKU, 0))
    assert (await inventory.api.levels(GetLevels(skus=(SKU,)))).ahead == ()
    await clean(redis_of)


async def test_a_product_that_never_had_any_stock_is_sold_before_it_comes_out(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    await inventory.api.allow_ahead(allowing("a", "kayak", 2, "preorder"))
    await inventory.reserve_ahead("r", "kayak", 2, 2)
    await inventory.commit("r")
    found = await inventory.api.levels(GetLevels(skus=("kayak",)))
    assert (found.levels, found.ahead[0].waiting) == ((), 2)
    await clean(redis_of)
    await inventory.api.receive_delivery(delivery("d", {("kayak", 6): 2}))
    assert await told(redis_of) == {"r": {6: 2}}


async def test_a_reservation_that_waits_is_kept_for_as_long(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    redis = redis_of("inventory")
    await inventory.api.allow_ahead(allowing("a", SKU, 2))
    await sell(inventory, "r", 2, 1)
    assert await redis.ttl("{inventory}:reservation:r") == -1
    await inventory.api.receive_delivery(delivery("d", {(SKU, 6): 1}))
    assert await redis.ttl("{inventory}:reservation:r") > 0
    assert await redis.exists("{inventory}:waiting:glove") == 0


async def test_the_audit_finds_who_waits_in_vain(
    inventory: InventoryClient, redis_of: ClientOf
) -> None:
    redis = redis_of("inventory")
    await inventory.api.allow_ahead(allowing("a", SKU, 2))
    await sell(inventory, "r", 2, 1)
    await redis.zrem("{inventory}:waiting:glove", "r")
    found = await InventoryAudit(redis, Inspection(0)).stock()
    assert [one.rule for one in found.discrepancies] == ["queue_differs"]
    await inventory.api.receive_delivery(delivery("d", {(SKU, 6): 1}))
    found = await InventoryAudit(redis, Inspection(0)).stock()
    assert sorted(one.rule for one in found.discrepancies) == ["queue_differs", "waits_in_vain"]
