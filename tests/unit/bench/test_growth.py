"""What grows is what was asked for, and new in every way that counts."""

from __future__ import annotations

import itertools

from commands.bench.growth.catalogue import Catalogue, copies
from commands.bench.growth.growing import each
from commands.bench.stores.backlog import Reading
from commands.bench.stores.processes import CpuSnapshot
from commands.bench.stores.redis_counters import RedisCounters
from deployments.catalog.seed import products
from deployments.catalog.store import CatalogStore
from deployments.inventory.store import InventoryStore
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
