"""A page of a search, from no more of the catalogue than that takes.

What a query finds is looked at from the best on, until the page is full. So a search costs the same
in a large catalogue, but nobody has counted what it finds there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from deployments.catalog.domain.paging import Hit, SearchPage, identity, turn
from deployments.catalog.domain.products import Assortment, Filters, Offering, passing
from deployments.catalog.live_index import AnyIndex, NoIndex
from deployments.catalog.snapshot import Snapshot

_COUNTED_UP_TO = 1_000
"""In a catalogue with so many products everything is looked at, and counted."""
_FIRST_LOOK = 100
_NEXT_LOOK = 8
"""How many times as far one looks when that did not fill the page."""
_MOST_REMEMBERED, _QUERY = 100_000, 10
"""Hits that are remembered at most, some hundred bytes each; a query counts as so many."""


class Search(NamedTuple):
    """What is searched for, and which page of it is wanted; no query finds everything."""

    query: str | None
    filters: Filters
    limit: int
    cursor: str | None = None


class FoundBefore:
    """What queries find, remembered for as long as the index is the same one."""

    def __init__(self, most: int = _MOST_REMEMBERED) -> None:
        self._most = most
        self._index: AnyIndex = NoIndex()
        self._found: dict[tuple[str, int], list[Hit]] = {}
        self._kept = 0

    async def hits(self, index: AnyIndex, query: str, limit: int) -> list[Hit]:
        """What a query finds. A new one is searched for in a thread: a long one must not keep
        other requests waiting."""
        if index is not self._index:
            self._index = index
            self._forget()
        found = self._found.get((query, limit))
        if found is None:
            found = await asyncio.to_thread(index.search, query, limit)
            self._keep(index, (query, limit), found)
        return found

    def _keep(self, index: AnyIndex, asked: tuple[str, int], found: list[Hit]) -> None:
        if index is not self._index:
            return  # Another has replaced it meanwhile.
        if self._kept > self._most:
            self._forget()
        self._kept += _QUERY + len(found)
        self._found[asked] = found

    def _forget(self) -> None:
        self._found.clear()
        self._kept = 0


async def find_page(
    snapshot: Snapshot,
    search: Search,
    now: datetime,
    *,
    before: FoundBefore | None = None,
    counted_up_to: int = _COUNTED_UP_TO,
    first_look: int = _FIRST_LOOK,
) -> tuple[SearchPage, list[Offering]]:
    """The page, and what is offered on it. Raises `ForeignCursorError`."""
    assortment, size = snapshot.assortment, len(snapshot.assortment.products)
    before = before or FoundBefore()
    look = size + 1 if size <= counted_up_to else max(first_look, search.limit)
    while True:
        hits = await _hits(snapshot, search.query, look, before)
        found = _on_offer(assortment, hits, search.filters, now)
        passed = [hit for hit in hits if hit.product_id in found]
        page = turn(passed, identity(search.query, search.filters), search.cursor, search.limit)
        seen_all = len(hits) < look
        if seen_all or page.cursor is not None:
            break
        look *= _NEXT_LOOK
    counted = SearchPage(page.hits, page.total if seen_all else None, page.cursor)
    return counted, [found[hit.product_id] for hit in page.hits]


async def _hits(
    snapshot: Snapshot, query: str | None, limit: int, before: FoundBefore
) -> list[Hit]:
    if not query:
        return [Hit(0, id_) for id_ in snapshot.assortment.ids[:limit]]
    return await before.hits(snapshot.index, query, limit)


def _on_offer(
    assortment: Assortment, hits: Iterable[Hit], filters: Filters, now: datetime
) -> dict[str, Offering]:
    """What of each hit is on sale and left by the filters, by product; none where nothing is."""
    products = {hit.product_id: assortment.on_sale(hit.product_id, now) for hit in hits}
    return {
        id_: Offering(product, variants)
        for id_, product in products.items()
        if product is not None and (variants := passing(product, filters))
    }
