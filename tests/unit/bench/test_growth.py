"""What grows is what was asked for, and new in every way that counts."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from redis.asyncio import Redis

from commands.bench.counts.counted_store import counted_store
from commands.bench.growth import old_orders
from commands.bench.growth.catalogue import Catalogue, copies
from commands.bench.growth.growing import each
from commands.bench.growth.old_orders import NoRoomError, OldOrders
from commands.bench.stores.backlog import Reading
from commands.bench.stores.processes import CpuSnapshot
from commands.bench.stores.redis_counters import RedisCounters
from commands.bench.stores.workload import shipped_workload
from deployments.catalog.seed import products
from deployments.catalog.store import CatalogStore
from deployments.inventory.store import InventoryStore
from deployments.orders.store import OrdersStore, StoredOrder
from deployments.payments.store import PaymentsStore
from tests.conftest import ClientOf

NOBODY = CpuSnapshot({}, 0)


async def test_a_catalogue_grows_by_products_that_can_be_bought(redis_of: ClientOf) -> None:
    grown = Catalogue()
    shipped = grown.size
    await grown.grow(redis_of, 1_000)
    await grown.grow(redis_of, 1_200)
    stored = (await CatalogStore(redis_of("catalog")).load()).products
    skus = [one.sku for product in stored for one in product.variants]
    # Nobody has taken in what is shipped: only what was added is there.
    assert len(skus) == len(set(skus)) == grown.added == grown.size - shipped
    assert 1_200 <= grown.size < 1_250
    available = await InventoryStore(redis_of("inventory")).available(skus)
    assert min(available.values()) > 0
    workload = grown.workload()
    assert {*workload.skus} & {*skus}, "what was added is asked for"
    assert {*workload.skus} - {*skus}, "and what is shipped"


def test_copies_differ_by_their_ids_alone() -> None:
    original = products()[0]
    first, again = itertools.islice(copies([original]), 2)
    assert first.id != again.id != original.id
    assert first.title == again.title == original.title
    assert {one.product_id for one in first.variants} == {first.id}


def test_a_units_share_is_of_what_came_since() -> None:
    before = Reading(0, NOBODY, RedisCounters(memory=100, keys=10), 5)
    after = Reading(1, NOBODY, RedisCounters(memory=300, keys=20), 25)
    assert each(before, after, 10) == {
        "bytes a unit": 20,
        "keys a unit": 1,
        "events a unit": 2,
    }


@pytest.fixture
async def two_orders(redis_of: ClientOf, admin: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders that were bought, and nothing that follows them."""

    def client(service: str, *, at: str | None = None) -> Redis:
        return redis_of(service)

    monkeypatch.setenv("FIELDHOUSE_RATE_LIMITS", "off")
    async with counted_store(client, admin, shipped_workload(), consuming=False) as store:
        await store.travel("sale", 2)


@pytest.mark.usefixtures("two_orders")
async def test_old_orders_differ_by_their_ids_alone(redis_of: ClientOf, admin: Redis) -> None:
    old = OldOrders()
    await old.learn(admin, 2)
    await old.copy(admin, 5)
    await old.copy(admin, 2)
    assert old.written == 6, "as many as are wanted, or a few less"
    orders, there = await OrdersStore(redis_of("orders")).page(None, 20)
    assert len({one.placed.order_id for one in orders}) == there == len(orders) == 8
    assert len({one.placed.checkout_id for one in orders}) == 8
    assert set(Counter(map(_without_ids, orders)).values()) == {4}, "two, and three of each"
    payments = PaymentsStore(redis_of("payments"))
    paid = [await payments.payment(one.placed.payment_id) for one in orders]
    assert all(paid), "what belongs to an order is copied beside it"


def _without_ids(order: StoredOrder) -> tuple[object, ...]:
    placed = order.placed
    lines = [(one.sku, one.quantity) for one in placed.items]
    return (order.label, order.history, placed.platform, *lines)


@pytest.mark.usefixtures("two_orders")
async def test_copies_leave_out_what_goes_within_a_month(admin: Redis) -> None:
    old = OldOrders()
    await old.learn(admin, 2)
    for key in [key async for key in admin.scan_iter() if await admin.ttl(key) < 0]:
        await admin.expire(key, 3600)
    gone = OldOrders()
    before = await admin.dbsize()
    await gone.learn(admin, 2)
    await gone.copy(admin, 2)
    assert await admin.dbsize() == before
    await old.copy(admin, 2)
    assert await admin.dbsize() > before


@pytest.mark.usefixtures("two_orders")
async def test_more_than_fits_is_refused(admin: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    old = OldOrders()
    await old.learn(admin, 2)
    before = await admin.dbsize()
    monkeypatch.setattr(old_orders, "_ROOM", 10**9)
    with pytest.raises(NoRoomError, match=r"\d GiB are needed"):
        await old.copy(admin, 2)
    assert await admin.dbsize() == before
