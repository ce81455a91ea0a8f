"""The search index of a copy that changes: built anew at once, or patched while it is large.

Building an index of 25,000 products takes seconds. Until it is built, what has changed since the
last one was is searched beside it. While changes go on, as during an import, an index of everything
is built a quarter of the time at most: shoppers' searches run beside it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping

from deployments.catalog.domain.paging import Hit
from deployments.catalog.domain.text import Searchable
from deployments.catalog.index import PatchedIndex, SearchIndex
from deployments.foundation.rpc.calls import DependencyUnavailable

_LARGE = 2000
"""Products from which on an index is patched; one of fewer is built within about 100 ms."""
_MOST_PATCHED = 2000
_RESTS = 3.0
"""How many times as long as it took to build an index none is built behind."""
Build = Callable[[Mapping[str, Searchable]], SearchIndex]
Texts = Mapping[str, Searchable]
_log = logging.getLogger(__name__)


class NoIndex:
    """Stands for an index that could not be built."""

    def search(self, _query: str, _limit: int) -> list[Hit]:
        """Raises `DependencyUnavailable`, which a client reads as "try again"."""
        raise DependencyUnavailable("catalog", "there is no index to search in")


AnyIndex = SearchIndex | PatchedIndex | NoIndex
Built = tuple[Texts, SearchIndex | NoIndex]


class LiveIndex:
    """An index that follows texts."""

    def __init__(self, build: Build, *, large: int = _LARGE) -> None:
        self._build, self._large = build, large
        self._base: Built = ({}, NoIndex())
        self._behind: set[str] | None = None
        """What has changed since the base was built; none if that is not known."""
        self._building: asyncio.Task[Built] | None = None
        self._began = self._not_before = 0.0

    async def of(self, texts: Texts, touched: Collection[str] | None = None) -> AnyIndex:
        """An index of these texts: patched if they are many and few of them are new to it.

        `touched` are all that may differ from the texts of the call before; none is any of them.
        """
        self._adopt()
        base = self._base[1]
        changed = self._changed(texts, touched)
        if not changed and isinstance(base, SearchIndex):
            return base
        few = len(changed) <= _MOST_PATCHED and len(texts) >= self._large
        if not few or isinstance(base, NoIndex):
            self._base, self._behind = await self._built(texts), None
            return self._base[1]
        _, patch = await self._built({id_: texts[id_] for id_ in changed if id_ in texts})
        if isinstance(patch, NoIndex):
            return patch
        self._build_behind(texts)
        return PatchedIndex(base, patch, changed)

    def _changed(self, texts: Texts, touched: Collection[str] | None) -> set[str]:
        known = self._base[0]
        if touched is not None and self._behind is not None:
            asked = self._behind.union(touched)
        else:
            asked = {*texts, *known}
        self._behind = {id_ for id_ in asked if texts.get(id_) != known.get(id_)}
        return self._behind

    def catch_up(self, texts: Texts) -> None:
        """Build an index of everything behind, if one is wanted and it is time."""
        if self._behind:
            self._build_behind(texts)

    @property
    def is_newer(self) -> bool:
        """Whether an index has been built that nobody has asked for yet."""
        return self._building is not None and self._building.done()

    async def stop(self) -> None:
        """Build no more."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.wait([self._building])

    def _build_behind(self, texts: Texts) -> None:
        if self._building is None and time.monotonic() >= self._not_before:
            self._began = time.monotonic()
            self._building = asyncio.create_task(self._built(texts), name="catalog index")

    def _adopt(self) -> None:
        if self._building is not None and self._building.done():
            built, self._building = self._building.result(), None
            now = time.monotonic()
            self._not_before = now + _RESTS * (now - self._began)
            if isinstance(built[1], SearchIndex):
                self._base, self._behind = built, None

    async def _built(self, texts: Texts) -> Built:
        try:
            return texts, await asyncio.to_thread(self._build, texts)
        except Exception:  # noqa: BLE001 - whatever it is, it is no reason to show nothing.
            _log.exception("the search index could not be built")
            return texts, NoIndex()
