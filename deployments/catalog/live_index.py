"""The search index of a copy that changes: built anew at once, or patched while it is large.

Building an index of 25,000 products takes seconds. Until it is built, what has changed since the
last one was is searched beside it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from deployments.catalog.domain.paging import Hit
from deployments.catalog.domain.text import Searchable
from deployments.catalog.index import PatchedIndex, SearchIndex
from deployments.foundation.rpc.calls import DependencyUnavailable

_LARGE = 2000
"""Products from which on an index is patched; one of fewer is built within about 100 ms."""
_MOST_PATCHED = 500
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
        self._building: asyncio.Task[Built] | None = None

    async def of(self, texts: Texts) -> AnyIndex:
        """An index of these texts: patched if they are many and few of them are new to it."""
        self._adopt()
        known, base = self._base
        changed = {id_ for id_ in {*texts, *known} if texts.get(id_) != known.get(id_)}
        if not changed and isinstance(base, SearchIndex):
            return base
        few = len(changed) <= _MOST_PATCHED and len(texts) >= self._large
        if not few or isinstance(base, NoIndex):
            self._base = await self._built(texts)
            return self._base[1]
        _, patch = await self._built({id_: texts[id_] for id_ in changed if id_ in texts})
        if isinstance(patch, NoIndex):
            return patch
        self._build_behind(texts)
        return PatchedIndex(base, patch, changed)

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
        if self._building is None:
            self._building = asyncio.create_task(self._built(texts), name="catalog index")

    def _adopt(self) -> None:
        if self._building is not None and self._building.done():
            built, self._building = self._building.result(), None
            if isinstance(built[1], SearchIndex):
                self._base = built

    async def _built(self, texts: Texts) -> Built:
        try:
            return texts, await asyncio.to_thread(self._build, texts)
        except Exception:  # noqa: BLE001 - whatever it is, it is no reason to show nothing.
            _log.exception("the search index could not be built")
            return texts, NoIndex()
