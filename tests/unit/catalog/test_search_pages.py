"""A page is the same however much of the catalogue is looked at for it."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.catalog.contract import Product
from deployments.catalog.domain.products import Assortment, Filters
from deployments.catalog.domain.text import searchable
from deployments.catalog.index import SearchIndex
from deployments.catalog.search import FoundBefore, Search, find_page
from deployments.catalog.snapshot import Snapshot
from deployments.foundation.values.clock import utc_now
from tests.unit.catalog.search_quality import MOST, index, shipped

QUERIES = (None, "bike", "mountan tire", "red road frame 58", "women's shorts", "FR-R", "qqqq")
FILTERS = (
    Filters(),
    Filters(categories=("Clothing",)),
    Filters(min_price=100_000),
    Filters(max_price=1),
)


@cache
def crowded() -> Snapshot:
    """What is shipped, three times: many products fit a query equally well."""
    products = {
        f"{id_}{copy}": product.model_copy(update={"id": f"{id_}{copy}"})
        for id_, product in shipped().items()
        for copy in ("", "-b", "-c")
    }
    texts = {id_: searchable(product) for id_, product in products.items()}
    return Snapshot(Assortment(products.values()), texts, SearchIndex(texts))


async def pages(
    search: Search, *, counted_up_to: int, first_look: int
) -> tuple[list[Product], set[int | None]]:
    """All products, page by page, and the totals that pages told."""
    found, totals = list[Product](), set[int | None]()
    while True:
        page, offerings = await find_page(
            crowded(), search, utc_now(), counted_up_to=counted_up_to, first_look=first_look
        )
        found += [offering.product for offering in offerings]
        totals.add(page.total)
        if page.cursor is None:
            return found, totals
        search = search._replace(cursor=page.cursor)


@given(
    st.sampled_from(QUERIES),
    st.sampled_from(FILTERS),
    st.integers(1, 60),
    st.integers(1, 40),
)
async def test_looking_no_farther_than_needed_gives_the_same_pages(
    query: str | None, filters: Filters, limit: int, first_look: int
) -> None:
    search = Search(query, filters, limit)
    everything, totals = await pages(search, counted_up_to=MOST, first_look=1)
    assert totals == {len(everything)}
    assert len({product.id for product in everything}) == len(everything)
    little, counted = await pages(search, counted_up_to=0, first_look=first_look)
    assert little == everything
    assert counted <= {None, len(everything)}


@pytest.mark.parametrize("query", QUERIES[1:])
def test_the_best_come_first_and_equals_by_their_ids(query: str) -> None:
    hits = crowded().index.search(query, MOST)
    assert hits == sorted(hits, key=lambda hit: hit.key)
    assert crowded().index.search(query, 5) == hits[:5]


def test_what_is_added_in_any_order_is_found_in_the_same() -> None:
    texts = {id_: searchable(product) for id_, product in reversed(shipped().items())}
    assert SearchIndex(texts).search("bike", MOST) == index().search("bike", MOST)


@given(
    st.lists(st.tuples(st.sampled_from(QUERIES[1:]), st.integers(1, 5), st.booleans())),
    st.sampled_from([0, 30, 10_000]),
)
async def test_what_was_found_before_is_what_is_found_anew(
    asked: list[tuple[str, int, bool]], most: int
) -> None:
    before, other = FoundBefore(most), SearchIndex({})
    for query, limit, elsewhere in asked:
        searched = other if elsewhere else crowded().index
        assert await before.hits(searched, query, limit) == searched.search(query, limit)
