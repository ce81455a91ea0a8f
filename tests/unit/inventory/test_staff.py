"""What staff do to the stock: deliveries, corrections, counts, transfers, and who it was."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from deployments.inventory.contract.changes import (
    NameLocation,
    NotEnoughUnits,
    ReceiveDelivery,
    SameLocation,
    SendTransfer,
    StaleCount,
    UnknownLocation,
    UnknownTransfer,
)
from deployments.inventory.contract.levels import (
    GetLevels,
    ListLocations,
    ListLowStock,
    ListMovements,
    ListTransfers,
    LowSku,
    StockLevel,
)
from deployments.inventory.events import LocationNamed, StockChanged
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.inventory.inventory_client import InventoryClient
from tests.unit.inventory.stock_requests import (
    ANNA,
    adjusting,
    arriving,
    counting,
    delivery,
    sending,
)


@pytest.fixture
def redis(redis_of: ClientOf) -> Redis:
    return redis_of("inventory")


async def level(inventory: InventoryClient, sku: str, at: int) -> StockLevel:
    found = await inventory.api.levels(GetLevels(skus=(sku,)))
    return next(one for one in found.levels if one.location_id == at)


async def test_a_delivery_is_booked_once_under_its_key(inventory: InventoryClient) -> None:
    request = delivery("po-7", {("helmet", 1): 4, ("tent", 6): 2})
    first = await inventory.api.receive_delivery(request)
    assert await inventory.api.receive_delivery(request) == first
    assert {(one.sku, one.location_id): one.available for one in first.levels} == {
        ("helmet", 1): 9,
        ("helmet", 6): 3,
        ("tent", 6): 2,
    }
    assert await inventory.available("helmet", "tent") == {"helmet": 12, "tent": 2}


async def test_levels_tell_what_is_held_sold_and_on_hand(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 2))
    await inventory.reserve("s", ("helmet", 1))
    await inventory.commit("s")
    there = await level(inventory, "helmet", 1)
    assert (there.available, there.held, there.sold, there.on_hand) == (2, 2, 1, 5)
    assert (await inventory.api.levels(GetLevels(skus=("unicycle",)))).levels == ()


async def test_an_adjustment_takes_only_what_is_free_and_all_or_nothing(
    inventory: InventoryClient,
) -> None:
    await inventory.reserve("r", ("helmet", 2))
    with pytest.raises(NotEnoughUnits, match="4 of helmet at location 1") as short:
        await inventory.api.adjust(adjusting("a", {("glove", 6): -1, ("helmet", 1): -4}))
    assert [(one.wanted, one.available) for one in short.value.missing] == [(4, 3)]
    assert await inventory.available("glove", "helmet") == {"glove": 1, "helmet": 6}
    await inventory.api.adjust(adjusting("a", {("glove", 6): -1, ("helmet", 1): -3}))
    assert await inventory.available("glove", "helmet") == {"glove": 0, "helmet": 3}
    assert await inventory.records.check() == ()


async def test_a_count_takes_what_is_sold_meanwhile_into_account(
    inventory: InventoryClient,
) -> None:
    seen = (await level(inventory, "helmet", 1)).on_hand
    await inventory.reserve("r", ("helmet", 2))
    await inventory.commit("r")
    await inventory.api.count(counting("c", {("helmet", 1): 6}, expected=seen))
    there = await level(inventory, "helmet", 1)
    assert (there.available, there.sold, there.on_hand) == (4, 2, 6)
    *_, entry = await inventory.records.movements()
    assert (entry.why, entry.quantity, entry.author) == ("counted", 1, ANNA.id)


async def test_a_count_of_what_left_meanwhile_is_refused_and_says_what_is_there(
    inventory: InventoryClient,
) -> None:
    await inventory.reserve("r", ("helmet", 2))
    await inventory.commit("r")
    await inventory.ship("event_1", "r", 1, ("helmet", 2))
    with pytest.raises(StaleCount) as stale:
        await inventory.api.count(counting("c", {("helmet", 1): 5}, expected=5))
    assert stale.value.levels[0].on_hand == 3
    assert await inventory.available("helmet") == {"helmet": 6}


async def test_a_count_never_takes_what_is_promised(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 4))
    with pytest.raises(NotEnoughUnits):
        await inventory.api.count(counting("c", {("helmet", 1): 3}))
    await inventory.api.count(counting("c", {("helmet", 1): 4}))
    assert (await level(inventory, "helmet", 1)).available == 0


async def test_a_transfer_is_not_for_sale_on_its_way(inventory: InventoryClient) -> None:
    sent = await inventory.api.send_transfer(sending("t1", 1, 6, helmet=4))
    assert (sent.source_id, sent.target_id, sent.sent_by) == (1, 6, "Anna")
    assert await inventory.available("helmet") == {"helmet": 4}
    assert (await level(inventory, "helmet", 6)).incoming == 4
    listed = await inventory.api.transfers(ListTransfers(location_id=6))
    assert listed.transfers == (sent,)
    assert await inventory.records.check() == ()
    for _ in range(2):
        await inventory.api.receive_transfer(arriving("a1", "t1"))
    there = await level(inventory, "helmet", 6)
    assert (there.available, there.incoming) == (7, 0)
    assert (await inventory.api.transfers(ListTransfers())).transfers == ()
    with pytest.raises(UnknownTransfer):
        await inventory.api.receive_transfer(arriving("a2", "t1"))


async def test_a_transfer_takes_only_what_is_free(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("helmet", 2))
    with pytest.raises(NotEnoughUnits):
        await inventory.api.send_transfer(sending("t1", 1, 6, helmet=4))
    with pytest.raises(UnknownLocation) as unknown:
        await inventory.api.send_transfer(sending("t1", 1, 99, helmet=1))
    assert unknown.value.location_id == 99
    with pytest.raises(SameLocation):
        await inventory.api.send_transfer(sending("t1", 1, 1, helmet=1))
    assert await inventory.available("helmet") == {"helmet": 6}


async def test_a_location_is_named_before_it_is_used(
    inventory: InventoryClient, redis: Redis
) -> None:
    with pytest.raises(UnknownLocation):
        await inventory.api.receive_delivery(delivery("d", {("helmet", 9): 1}))
    for name in ("Barn", "Barn", "Loft"):
        await inventory.api.name_location(NameLocation(author=ANNA, id=9, name=name))
    await inventory.api.receive_delivery(delivery("d", {("helmet", 9): 1}))
    found = await inventory.api.locations(ListLocations())
    assert [(one.id, one.name) for one in found.locations][-1] == (9, "Loft")
    told = await published(redis, "inventory", LocationNamed.type)
    assert [one.data["change"]["before"] for one in told] == [{}, {"name": "Barn"}]


async def test_low_stock_is_listed_in_pages_fewest_first(inventory: InventoryClient) -> None:
    await inventory.reserve("r", ("glove", 1))
    first = await inventory.api.low_stock(ListLowStock(at_most=8, limit=1))
    assert (first.skus, first.total, first.cursor) == ((LowSku(sku="glove", available=0),), 2, 1)
    last = await inventory.api.low_stock(ListLowStock(at_most=8, limit=1, cursor=1))
    assert (last.skus, last.cursor) == ((LowSku(sku="helmet", available=8),), None)
    assert (await inventory.api.low_stock(ListLowStock(at_most=7))).total == 1


async def test_the_ledger_is_paged_newest_first_and_tells_who_and_why(
    inventory: InventoryClient,
) -> None:
    await inventory.api.adjust(adjusting("a", {("glove", 6): 1, ("helmet", 1): 2}))
    page = await inventory.api.movements(ListMovements(limit=1))
    assert [one.sku for one in page.movements] == ["helmet"]
    (newest,) = page.movements
    assert (newest.account, newest.author, newest.reason) == ("a", ANNA.id, "Broken")
    rest = await inventory.api.movements(ListMovements(cursor=page.cursor))
    assert [one.why for one in rest.movements] == ["adjusted", "received", "received", "received"]
    assert rest.cursor is None
    gloves = await inventory.api.movements(ListMovements(sku="glove"))
    assert [one.why for one in gloves.movements] == ["adjusted", "received"]


async def test_an_event_tells_who_changed_what_and_why(
    inventory: InventoryClient, redis: Redis
) -> None:
    for _ in range(2):
        await inventory.api.adjust(adjusting("a", {("helmet", 1): -2}))
    (event,) = await published(redis, "inventory", StockChanged.type)
    change = StockChanged.model_validate(event.data).change
    assert (change.author, change.reason, change.action) == (ANNA, "Broken", "adjusted")
    assert change.subject == "inventory/stock/helmet"
    assert (change.before["available"], change.after["available"]) == (5, 3)
    assert change.at == inventory.clock()


async def test_levels_of_an_earlier_version_are_filed_at_the_start(
    inventory: InventoryClient, redis: Redis
) -> None:
    await redis.delete("{inventory}:levels")
    await inventory.staff_store.file_levels()
    filed = await inventory.api.low_stock(ListLowStock(at_most=9))
    assert [(one.sku, one.available) for one in filed.skus] == [("glove", 1), ("helmet", 8)]


def test_a_place_is_named_once_in_a_request() -> None:
    twice = [{"sku": "helmet", "location_id": 1, "quantity": 1}] * 2
    with pytest.raises(ValidationError, match="once only"):
        ReceiveDelivery.model_validate({"key": "d", "author": ANNA, "rows": twice})
    with pytest.raises(ValidationError, match="once only"):
        SendTransfer.model_validate(
            {
                "key": "t",
                "author": ANNA,
                "source_id": 1,
                "target_id": 6,
                "lines": [{"sku": "helmet", "quantity": 1}] * 2,
            }
        )
