"""Products, prices and their events are written in one step, and a batch once."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from deployments.catalog.contract import (
    ChangePrice,
    Imported,
    ImportProducts,
    Product,
    SkuTaken,
    UnknownItem,
)
from deployments.catalog.events import PriceChanged, ProductChanged
from deployments.foundation.events.publishing import event_of
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport
from tests.unit.catalog.sample_products import BOTTLE, SHIRT, product, variant


@pytest.fixture
def service(redis_of: ClientOf) -> CatalogReplica:
    """A service whose replica follows nothing."""
    return CatalogReplica(redis_of("catalog"), StockTransport())


def batch(name: str, *products: Product) -> ImportProducts:
    return ImportProducts(batch=name, products=products)


async def kept(service: CatalogReplica) -> dict[str, Product]:
    return {each.id: each for each in (await service.store.load()).products}


async def test_what_is_imported_is_kept_as_it_came_but_described(service: CatalogReplica) -> None:
    assert await service.service.import_products(batch("1", SHIRT, BOTTLE)) == Imported(count=2)
    found = await kept(service)
    assert found.keys() == {"shirt", "bottle"}
    shirt = found["shirt"]
    assert [each.price for each in shirt.variants] == [2000, 2200, 2500]
    assert shirt.variants[0].description == "Running Shirt: Color Red, Size M."
    without = [each.model_copy(update={"description": ""}) for each in shirt.variants]
    assert shirt.model_copy(update={"variants": tuple(without)}) == SHIRT


async def test_a_batch_is_taken_in_once(service: CatalogReplica) -> None:
    await service.service.import_products(batch("1", SHIRT))
    await service.service.change_price(ChangePrice(sku="S-RED-M", price=1))
    again = await asyncio.gather(
        *(service.service.import_products(batch("1", SHIRT)) for _ in range(5))
    )
    assert {imported.count for imported in again} == {0}
    assert (await kept(service))["shirt"].variants[0].price == 1


async def test_a_batch_that_arrives_many_times_at_once_is_taken_in_once(
    service: CatalogReplica, redis_of: ClientOf
) -> None:
    answers = await asyncio.gather(
        *(service.service.import_products(batch("1", SHIRT, BOTTLE)) for _ in range(20))
    )
    assert sorted(imported.count for imported in answers) == [0] * 19 + [2]
    assert len(await published(redis_of("catalog"), "catalog")) == 2


async def test_each_product_is_published(service: CatalogReplica, redis_of: ClientOf) -> None:
    await service.service.import_products(batch("1", SHIRT, BOTTLE))
    await service.service.import_products(batch("2", SHIRT))
    events = await published(redis_of("catalog"), "catalog")
    assert Counter(event.subject for event in events) == {"shirt": 2, "bottle": 1}
    (first, _) = [event for event in events if event.subject == "shirt"]
    assert event_of(first, ProductChanged) == ProductChanged(
        product_id="shirt", title="Running Shirt", skus=("S-RED-M", "S-RED-L", "S-BLUE-M")
    )


async def test_a_later_batch_replaces_a_product_and_its_skus(service: CatalogReplica) -> None:
    await service.service.import_products(batch("1", SHIRT))
    await service.service.import_products(batch("2", product("shirt", variant("S-NEW", 900))))
    assert [each.sku for each in (await kept(service))["shirt"].variants] == ["S-NEW"]
    with pytest.raises(UnknownItem):
        await service.service.change_price(ChangePrice(sku="S-RED-M", price=1))
    # The SKU that the shirt gave up is free.
    await service.service.import_products(batch("3", product("other", variant("S-RED-M", 100))))


async def test_a_sku_belongs_to_one_product(service: CatalogReplica, redis_of: ClientOf) -> None:
    await service.service.import_products(batch("1", SHIRT))
    thief = product("thief", variant("T-1", 5), variant("S-RED-L", 5))
    with pytest.raises(SkuTaken) as refused:
        await service.service.import_products(batch("2", BOTTLE, thief))
    assert refused.value.sku == "S-RED-L"
    assert (await kept(service)).keys() == {"shirt"}
    assert len(await published(redis_of("catalog"), "catalog")) == 1
    twins = [product(id_, variant("X-1", 5)) for id_ in ("one", "two")]
    with pytest.raises(SkuTaken):
        await service.service.import_products(batch("2", *twins))
    # A refused batch may be sent again.
    assert (await service.service.import_products(batch("2", BOTTLE))).count == 1


async def test_a_price_changes_with_its_event(service: CatalogReplica, redis_of: ClientOf) -> None:
    await service.service.import_products(batch("1", SHIRT, BOTTLE))
    changed = await service.service.change_price(ChangePrice(sku="S-RED-L", price=1999))
    assert (changed.sku, changed.price) == ("S-RED-L", 1999)
    assert [each.price for each in (await kept(service))["shirt"].variants] == [2000, 1999, 2500]
    events = await published(redis_of("catalog"), "catalog", PriceChanged.type)
    (told,) = [event_of(event, PriceChanged) for event in events]
    assert (told.sku, told.price, told.currency) == ("S-RED-L", 1999, "USD")
    assert told.change is not None
    assert (told.change.before, told.change.after) == ({"price": 2200}, {"price": 1999})


async def test_a_price_that_stays_is_not_published(
    service: CatalogReplica, redis_of: ClientOf
) -> None:
    await service.service.import_products(batch("1", BOTTLE))
    assert (await service.service.change_price(ChangePrice(sku="B-1", price=499))).price == 499
    assert len(await published(redis_of("catalog"), "catalog")) == 1


async def test_the_price_of_an_unknown_sku_is_refused(service: CatalogReplica) -> None:
    with pytest.raises(UnknownItem) as refused:
        await service.service.change_price(ChangePrice(sku="NOPE", price=1))
    assert refused.value.sku == "NOPE"


async def test_an_empty_batch_and_an_empty_store_are_nothing_special(
    service: CatalogReplica,
) -> None:
    assert (await service.store.load()).products == ()
    assert (await service.store.read(["nothing"])).products == ()
    assert (await service.service.import_products(batch("1"))).count == 0
