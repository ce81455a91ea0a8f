"""A replica's copy follows what others write, whatever happens to Redis."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from deployments.catalog.contract import ChangePrice, ImportProducts, ResolveItems
from deployments.catalog.domain.paging import Hit
from deployments.catalog.domain.products import Filters
from deployments.catalog.events import ProductChanged
from deployments.catalog.index import SearchIndex
from deployments.catalog.long_lived import LongLived
from deployments.catalog.snapshot import CopyNotFollowedError, LiveSnapshot
from deployments.catalog.store import SERVICE, CatalogStore, Contents, ReadAgain
from deployments.foundation.events.publishing import ENTRY_FIELD, occasion, stream_of
from deployments.foundation.values.clock import utc_now
from tests.conftest import ClientOf
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport, eventually
from tests.unit.catalog.sample_products import BOTTLE, SHIRT, product, variant
from tests.valkey import valkey_server


@pytest.fixture
async def replicas(redis_of: ClientOf) -> AsyncIterator[list[CatalogReplica]]:
    """Three replicas of the same catalogue."""
    found = [CatalogReplica(redis_of("catalog"), StockTransport()) for _ in range(3)]
    for each in found:
        await each.snapshot.start()
    yield found
    for each in found:
        await each.snapshot.stop()


def shown_price(catalog: CatalogReplica, sku: str) -> int | None:
    item = catalog.snapshot.assortment.item(sku)
    return None if item is None else item.price


async def price_on(catalog: CatalogReplica, sku: str) -> int:
    return (await catalog.service.resolve(ResolveItems(ids=(sku,)))).items[sku].price


async def test_items_are_resolved_by_any_id_without_redis(stocked: CatalogReplica) -> None:
    await stocked.snapshot.stop()
    ids = ("bottle", "B-1", "variant-S-RED-M", "shirt", "nothing")
    items = (await stocked.service.resolve(ResolveItems(ids=ids))).items
    assert {id_: item.sku for id_, item in items.items()} == {
        "bottle": "B-1",
        "B-1": "B-1",
        "variant-S-RED-M": "S-RED-M",
    }


async def test_a_changed_price_is_seen_on_every_replica_within_a_second(
    replicas: list[CatalogReplica],
) -> None:
    await replicas[0].sells(SHIRT, BOTTLE)
    await replicas[1].service.change_price(ChangePrice(sku="S-RED-L", price=1234))

    await eventually(
        lambda: all(shown_price(each, "S-RED-L") == 1234 for each in replicas), seconds=1.0
    )


async def test_a_new_product_is_found_on_every_replica(replicas: list[CatalogReplica]) -> None:
    await replicas[0].sells(SHIRT)
    await replicas[1].service.import_products(ImportProducts(batch="2", products=(BOTTLE,)))
    await eventually(
        lambda: all(each.snapshot.current.index.search("bottle", 9) for each in replicas)
    )


async def test_of_many_changes_at_once_every_replica_ends_up_with_the_last(
    replicas: list[CatalogReplica],
) -> None:
    await replicas[0].sells(SHIRT, BOTTLE)
    changes = [ChangePrice(sku="S-RED-M", price=price) for price in range(100, 150)]
    await asyncio.gather(
        *(
            replicas[number % 3].service.change_price(change)
            for number, change in enumerate(changes)
        )
    )
    (shirt,) = (await replicas[0].store.read(["shirt"])).products
    last = shirt.variants[0].price

    await eventually(lambda: all(shown_price(each, "S-RED-M") == last for each in replicas))


async def test_what_happens_while_a_replica_starts_is_not_missed(redis_of: ClientOf) -> None:
    """Changes fall between loading and following: it follows from before it loaded."""
    writer = CatalogReplica(redis_of("catalog"), StockTransport())
    await writer.service.import_products(ImportProducts(batch="1", products=(SHIRT,)))

    class SlowStart(CatalogStore):
        """Prices change the moment it has read them."""

        async def load(self) -> Contents:
            contents = await super().load()
            await writer.service.change_price(ChangePrice(sku="S-RED-M", price=7))
            return contents

    starting = CatalogReplica(redis_of("catalog"), StockTransport())
    starting.snapshot = LiveSnapshot(SlowStart(redis_of("catalog")))
    await starting.snapshot.start()
    await eventually(lambda: shown_price(starting, "S-RED-M") == 7)
    await starting.snapshot.stop()


async def test_an_event_is_read_once(redis_of: ClientOf) -> None:
    class Counting(CatalogStore):
        reads = 0

        async def read(self, subjects: Iterable[str]) -> ReadAgain:
            self.reads += 1
            return await super().read(subjects)

    catalog = CatalogReplica(redis_of("catalog"), StockTransport())
    store = Counting(redis_of("catalog"))
    catalog.snapshot = LiveSnapshot(store)
    await catalog.snapshot.start()
    await catalog.sells(BOTTLE)
    for price in range(1, 21):
        await catalog.service.change_price(ChangePrice(sku="B-1", price=price))
        await eventually(lambda wanted=price: shown_price(catalog, "B-1") == wanted)  # type: ignore[misc]
    assert store.reads == 21
    await catalog.snapshot.stop()


async def test_a_price_does_not_build_the_index_anew(stocked: CatalogReplica) -> None:
    before = stocked.snapshot.current
    await stocked.service.change_price(ChangePrice(sku="B-1", price=1))
    await eventually(lambda: stocked.snapshot.current is not before)
    assert stocked.snapshot.current.index is before.index


async def test_what_no_event_told_is_found_in_time(redis_of: ClientOf) -> None:
    redis = redis_of("catalog")
    catalog = CatalogReplica(redis, StockTransport(), reload_seconds=0.05)
    await catalog.snapshot.start()
    await catalog.sells(BOTTLE)
    await redis.hset(f"{{{SERVICE}}}:prices", "B-1", "1")
    await eventually(lambda: shown_price(catalog, "B-1") == 1)
    await catalog.snapshot.stop()


@pytest.mark.parametrize("reload_seconds", [0.2, 30.0])
async def test_a_replica_outlives_its_redis(reload_seconds: float) -> None:
    """The server comes back empty: new things are seen, and in time what is gone."""
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as name, ExitStack() as first:
        directory = Path(name)
        socket = first.enter_context(valkey_server(directory))
        async with Redis(unix_socket_path=str(socket), decode_responses=True) as redis:
            catalog = CatalogReplica(redis, StockTransport(), reload_seconds=reload_seconds)
            await catalog.snapshot.start()
            await catalog.sells(SHIRT)
            first.close()
            assert await price_on(catalog, "S-RED-M") == 2000
            catalog.snapshot.check()
            with valkey_server(directory):
                await catalog.sells(BOTTLE, batch="after")
                await catalog.service.change_price(ChangePrice(sku="B-1", price=3))
                await eventually(lambda: shown_price(catalog, "B-1") == 3)
                if reload_seconds < 1:
                    await eventually(lambda: shown_price(catalog, "S-RED-M") is None)
                await catalog.snapshot.stop()


async def test_a_replica_that_follows_no_more_is_not_healthy(redis_of: ClientOf) -> None:
    redis = redis_of("catalog")
    catalog = CatalogReplica(redis, StockTransport())
    with pytest.raises(CopyNotFollowedError):
        catalog.snapshot.check()
    await catalog.snapshot.start()
    catalog.snapshot.check()
    await redis.xadd(f"{{{SERVICE}}}:events:0", {"event": "not JSON"})

    def unhealthy() -> bool:
        try:
            catalog.snapshot.check()
        except CopyNotFollowedError:
            return True
        return False

    await eventually(unhealthy)


async def test_an_event_about_nothing_does_no_harm(
    stocked: CatalogReplica, redis_of: ClientOf
) -> None:
    gone = ProductChanged(product_id="gone", title="Gone", skus=("G-1",))
    event = {
        **json.loads(occasion(SERVICE, utc_now())),
        "type": gone.type,
        "subject": "gone",
        "sequence": "1",
        "data": gone.model_dump(mode="json"),
    }
    stream = stream_of(SERVICE, "gone")
    await redis_of("catalog").xadd(stream, {ENTRY_FIELD: json.dumps(event)})
    await stocked.sells(product("lamp", variant("L-1", 5)), batch="later")
    stocked.snapshot.check()


class HeldIndex(SearchIndex):
    """A search that takes as long as a test wants."""

    held = threading.Event()

    def search(self, query: str, limit: int) -> list[Hit]:
        self.held.wait()
        return super().search(query, limit)


async def test_a_long_search_keeps_no_other_request_waiting(redis_of: ClientOf) -> None:
    catalog = CatalogReplica(redis_of("catalog"), StockTransport(B_1=1), build=HeldIndex)
    await catalog.snapshot.start()
    try:
        await catalog.sells(BOTTLE)
        searching = asyncio.create_task(catalog.service.search("bottle", Filters(), limit=1))
        assert await price_on(catalog, "B-1") == BOTTLE.variants[0].price
        assert not searching.done()
    finally:
        HeldIndex.held.set()
        await catalog.snapshot.stop()
    assert [each.product.id for each in (await searching).offerings] == ["bottle"]


async def test_what_is_loaded_again_is_the_same_object_unless_it_changed(
    stocked: CatalogReplica, redis_of: ClientOf
) -> None:
    store = CatalogStore(redis_of("catalog"))
    first = {one.id: one for one in (await store.load()).products}
    again = {one.id: one for one in (await store.load()).products}
    assert all(again[id_] is product for id_, product in first.items())
    await stocked.service.change_price(ChangePrice(sku="B-1", price=1))
    changed = {one.id: one for one in (await store.load()).products}
    assert changed[SHIRT.id] is first[SHIRT.id]
    assert changed[BOTTLE.id].variants[0].price == 1
    read = (await store.read([BOTTLE.id])).products
    assert read == (changed[BOTTLE.id],)
    last = {one.id: one for one in (await store.load()).products}
    assert last[BOTTLE.id] is read[0]


def test_a_large_copy_is_set_aside_each_time_that_it_has_grown_by_a_tenth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frozen: list[int] = []
    long_lived, now = LongLived(), 0
    monkeypatch.setattr("gc.freeze", lambda: frozen.append(now))
    for now in (0, 300, 1999, 2000, 2001, 2199, 2200, 2200, 10, 5000):
        long_lived.grown_to(now)
    assert frozen == [2000, 2200, 5000]
