"""What staff do to products and prices, who sees it, and that no change overwrites another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from deployments.catalog.contract import Product, ResolveItems
from deployments.catalog.contract.documents import (
    ApplyScheduledPrices,
    ChangePrice,
    GetDocument,
    ListCategories,
    ListProducts,
    ProductDocument,
    SaveProduct,
    SchedulePrice,
    SkuTaken,
    StaleRevision,
    State,
    UnknownItem,
    UnknownProduct,
)
from deployments.catalog.domain.documents import differences
from deployments.catalog.domain.products import Filters
from deployments.catalog.events import PriceChanged, PricePlanned, ProductChanged, ProductHidden
from deployments.foundation.values.authorship import Author
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport, eventually
from tests.unit.catalog.sample_products import BOTTLE, SHIRT, variant

ANNA = Author(kind="person", id="anna@example.com", name="Anna")
TENT = Product(
    id="tent",
    title="Storm Tent",
    description="For two.",
    categories=("Camping",),
    variants=(variant("T-1", 19900),),
)


@pytest.fixture
def redis(redis_of: ClientOf) -> Redis:
    return redis_of("catalog")


@pytest.fixture
async def other(redis_of: ClientOf) -> AsyncIterator[CatalogReplica]:
    """A second replica, which learns by events alone."""
    other = CatalogReplica(redis_of("catalog"), StockTransport(), reload_seconds=3600)
    await other.snapshot.start()
    yield other
    await other.snapshot.stop()


def saving(
    product: Product, state: State = "published", revision: int | None = None
) -> SaveProduct:
    return SaveProduct(
        author=ANNA, reason="Season", product=product, state=state, revision=revision
    )


async def read(catalog: CatalogReplica, id_: str = "tent") -> ProductDocument:
    return await catalog.service.document(GetDocument(id=id_))


async def found(catalog: CatalogReplica, words: str) -> set[str]:
    page = await catalog.service.search(words, Filters(), limit=10)
    return {one.product.id for one in page.offerings}


async def listed(catalog: CatalogReplica, **asked: object) -> list[tuple[str, str]]:
    page = await catalog.service.list_products(ListProducts.model_validate(asked))
    return [(row.id, row.state) for row in page.rows]


async def test_nobody_sees_a_draft_until_it_is_published(
    catalog: CatalogReplica, other: CatalogReplica
) -> None:
    draft = await catalog.service.save_product(saving(TENT, "draft"))
    assert (draft.state, draft.revision) == ("draft", 1)
    await eventually(lambda: "tent" in other.snapshot.current.hidden)
    for replica in (catalog, other):
        assert await found(replica, "tent") == set()
        assert (await replica.service.look_up(["tent", "T-1"], Filters())).offerings == ()
        assert (await replica.service.resolve(ResolveItems(ids=("T-1",)))).items == {}
    await catalog.service.save_product(saving(TENT, "published", 1))
    await eventually(lambda: "tent" in other.snapshot.assortment.products)
    assert await found(other, "tent") == {"tent"}
    assert "tent" not in other.snapshot.current.hidden


async def test_what_is_archived_is_sold_nowhere_any_more(
    catalog: CatalogReplica, other: CatalogReplica
) -> None:
    await catalog.service.save_product(saving(TENT))
    await eventually(lambda: "tent" in other.snapshot.assortment.products)
    await catalog.service.save_product(saving(TENT, "archived", 1))
    await eventually(lambda: "tent" not in other.snapshot.assortment.products)
    assert await found(other, "tent") == set()
    assert (await other.service.resolve(ResolveItems(ids=("T-1",)))).items == {}
    kept = await read(catalog)
    assert (kept.state, kept.revision, kept.product.variants[0].price) == ("archived", 2, 19900)


async def test_search_follows_a_change_of_words_and_price(
    stocked: CatalogReplica, other: CatalogReplica
) -> None:
    seen = await read(stocked, "bottle")
    renamed = seen.product.model_copy(update={"title": "Canteen of steel"})
    await stocked.service.save_product(saving(renamed, revision=seen.revision))
    await eventually(lambda: other.snapshot.assortment.products["bottle"] == renamed)
    assert await found(other, "canteen") == {"bottle"}


async def test_a_stale_change_is_refused_with_what_is_there_now(stocked: CatalogReplica) -> None:
    seen = await read(stocked, "bottle")
    mine = seen.product.model_copy(update={"title": "Mine"})
    theirs = seen.product.model_copy(update={"description": "Theirs"})
    await stocked.service.save_product(saving(theirs, revision=seen.revision))
    with pytest.raises(StaleRevision) as stale:
        await stocked.service.save_product(saving(mine, revision=seen.revision))
    assert stale.value.current.product == theirs
    assert stale.value.current.revision == seen.revision + 1
    assert (await read(stocked, "bottle")).product == theirs


async def test_a_price_belongs_to_the_revision_too(stocked: CatalogReplica) -> None:
    seen = await read(stocked, "bottle")
    await stocked.service.change_price(ChangePrice(sku="B-1", price=1, author=ANNA))
    with pytest.raises(StaleRevision):
        await stocked.service.save_product(saving(seen.product, "draft", seen.revision))
    with pytest.raises(StaleRevision):
        await stocked.service.change_price(ChangePrice(sku="B-1", price=2, revision=seen.revision))
    assert (await read(stocked, "B-1")).product.variants[0].price == 1


async def test_what_is_planned_belongs_to_the_revision_too(stocked: CatalogReplica) -> None:
    seen = await read(stocked, "bottle")
    starts = stocked.clock() + timedelta(hours=1)
    plan = SchedulePrice(author=ANNA, sku="B-1", price=99, starts=starts, revision=seen.revision)
    await stocked.service.schedule_price(plan)
    for late in (plan, plan.model_copy(update={"price": None})):
        with pytest.raises(StaleRevision) as stale:
            await stocked.service.schedule_price(late)
        assert [one.price for one in stale.value.current.scheduled] == [99]
    stocked.clock.forward(7200)
    planned = await read(stocked, "bottle")
    await stocked.service.apply_scheduled(ApplyScheduledPrices())
    assert (await read(stocked, "bottle")).revision > planned.revision


async def test_saving_again_what_is_so_changes_nothing(catalog: CatalogReplica) -> None:
    first = await catalog.service.save_product(saving(TENT))
    assert await catalog.service.save_product(saving(TENT)) == first
    assert await catalog.service.save_product(saving(TENT, revision=1)) == first


async def test_a_sku_belongs_to_one_product_and_drafts_hold_theirs(
    stocked: CatalogReplica,
) -> None:
    await stocked.service.save_product(saving(TENT, "draft"))
    for sku in ("T-1", "B-1"):
        taken = TENT.model_copy(update={"id": "other", "variants": (variant(sku, 1),)})
        with pytest.raises(SkuTaken):
            await stocked.service.save_product(saving(taken, "draft"))
    with pytest.raises(UnknownProduct):
        await stocked.service.save_product(saving(taken, revision=3))
    changed = TENT.model_copy(update={"variants": (variant("T-2", 5),)})
    await stocked.service.save_product(saving(changed, "draft", 1))
    free = TENT.model_copy(update={"id": "other", "variants": (variant("T-1", 1),)})
    assert (await stocked.service.save_product(saving(free))).state == "published"


async def test_a_planned_price_takes_effect_once_when_it_is_due(
    stocked: CatalogReplica, redis: Redis
) -> None:
    starts = stocked.clock() + timedelta(hours=1)
    plan = SchedulePrice(author=ANNA, reason="Sale", sku="B-1", price=99, starts=starts)
    await stocked.service.schedule_price(plan)
    (planned,) = (await read(stocked, "bottle")).scheduled
    assert (planned.price, planned.starts) == (99, starts)
    assert (await stocked.service.apply_scheduled(ApplyScheduledPrices())).count == 0
    stocked.clock.forward(3600)
    due = [stocked.service.apply_scheduled(ApplyScheduledPrices()) for _ in range(5)]
    assert sum(one.count for one in await asyncio.gather(*due)) == 1
    await eventually(lambda: stocked.snapshot.assortment.products["bottle"].variants[0].price == 99)
    assert (await read(stocked, "bottle")).scheduled == ()
    (told,) = await published(redis, "catalog", PriceChanged.type)
    change = PriceChanged.model_validate(told.data).change
    assert change is not None
    assert (change.author, change.reason, change.after) == (ANNA, "Sale", {"price": 99})
    assert change.at == starts


async def test_a_planned_price_can_be_taken_back(stocked: CatalogReplica, redis: Redis) -> None:
    starts = stocked.clock() + timedelta(hours=1)
    for price in (99, None):
        await stocked.service.schedule_price(
            SchedulePrice(author=ANNA, sku="B-1", price=price, starts=starts)
        )
    stocked.clock.forward(7200)
    assert (await stocked.service.apply_scheduled(ApplyScheduledPrices())).count == 0
    events = await published(redis, "catalog", PricePlanned.type)
    assert [one.data["change"]["before"].get("price") for one in events] == [None, 99]
    with pytest.raises(UnknownItem):
        await stocked.service.schedule_price(
            SchedulePrice(author=ANNA, sku="NOPE", price=1, starts=starts)
        )


async def test_events_tell_who_changed_what(catalog: CatalogReplica, redis: Redis) -> None:
    await catalog.service.save_product(saving(TENT, "draft"))
    cheaper = TENT.model_copy(update={"variants": (variant("T-1", 100),)})
    await catalog.service.save_product(saving(cheaper, "published", 1))
    (hidden,) = await published(redis, "catalog", ProductHidden.type)
    (shown,) = await published(redis, "catalog", ProductChanged.type)
    assert hidden.data["change"]["action"] == "product_created"
    change = ProductChanged.model_validate(shown.data).change
    assert change is not None
    assert (change.author, change.reason, change.action) == (ANNA, "Season", "product_published")
    assert change.before == {"state": "draft", "T-1.price": 19900}
    assert change.after == {"state": "published", "T-1.price": 100}


async def test_staff_list_products_by_words_category_and_state(stocked: CatalogReplica) -> None:
    await stocked.service.save_product(saving(TENT, "draft"))
    await eventually(lambda: "tent" in stocked.snapshot.current.hidden)
    assert ("tent", "draft") in await listed(stocked)
    assert await listed(stocked, text="TENT storm") == [("tent", "draft")]
    assert await listed(stocked, text="t-1") == [("tent", "draft")]
    assert await listed(stocked, category="Camping") == [("tent", "draft")]
    assert {id_ for id_, _ in await listed(stocked, state="published")} == {"shirt", "bottle"}
    first = await stocked.service.list_products(ListProducts(limit=2))
    assert (first.total, first.cursor, len(first.rows)) == (3, 2, 2)
    last = await stocked.service.list_products(ListProducts(limit=2, cursor=2))
    assert (len(last.rows), last.cursor) == (1, None)
    titles = [row.title for row in (*first.rows, *last.rows)]
    assert titles == sorted(titles, key=str.casefold)
    names = await stocked.service.list_categories(ListCategories())
    assert ("Camping", 1) in [(one.name, one.products) for one in names.categories]


async def test_two_people_at_once_lose_no_change(stocked: CatalogReplica) -> None:
    """Each adds words to one description, reading anew whenever somebody else was faster."""

    async def adds(word: str) -> None:
        while True:
            seen = await read(stocked, "bottle")
            text = f"{seen.product.description} {word}"
            product = seen.product.model_copy(update={"description": text})
            try:
                await stocked.service.save_product(saving(product, revision=seen.revision))
            except StaleRevision:
                continue
            return

    prices = [
        stocked.service.change_price(ChangePrice(sku="B-1", price=n, author=ANNA))
        for n in range(10, 20)
    ]
    await asyncio.gather(*(adds(f"word{n}") for n in range(12)), *prices)
    last = await read(stocked, "bottle")
    assert {f"word{n}" for n in range(12)} <= set(last.product.description.split())
    assert last.revision == 1 + 12 + 10


PRODUCTS = st.sampled_from([TENT, SHIRT, BOTTLE]).flatmap(
    lambda product: st.builds(
        lambda title, text: product.model_copy(update={"title": title, "description": text}),
        st.text(max_size=20),
        st.text(max_size=20),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PRODUCTS, PRODUCTS)
def test_what_differs_and_nothing_else_is_told(one: Product, two: Product) -> None:
    seen = ProductDocument(product=one, state="draft", revision=1)
    before, after = differences(seen, two.model_copy(update={"id": one.id}), "draft")
    assert before.keys() & after.keys() == {
        n for n in before.keys() & after.keys() if before[n] != after[n]
    }
    same = differences(seen, one, "draft")
    assert same == ({}, {})


async def test_what_is_resolved_names_its_categories_and_what_is_stored_does_not(
    catalog: CatalogReplica,
) -> None:
    await catalog.service.save_product(saving(TENT))
    await eventually(lambda: "tent" in catalog.snapshot.assortment.products)
    resolved = await catalog.service.resolve(ResolveItems(ids=("T-1",)))
    assert resolved.items["T-1"].categories == ("Camping",)
    assert (await read(catalog)).product.variants[0].categories == ()
