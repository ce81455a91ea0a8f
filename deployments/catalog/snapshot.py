"""This process's own copy of the catalogue, with its search index, kept fresh by events.

The copy begins with everything there is, and the positions of the event streams at that moment;
from there on one blocking read of all streams tells which products to read again. What no event
tells (Redis came back without its latest writes, which a client that reconnects by itself does not
notice; a stream was trimmed) is found by loading everything anew, every half minute.

Only searches need the index. Where it cannot be built, everything else goes on without it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from redis.exceptions import RedisError

from deployments.catalog.contract import Product
from deployments.catalog.domain.products import Assortment
from deployments.catalog.domain.text import Searchable, searchable
from deployments.catalog.index import SearchIndex
from deployments.catalog.live_index import AnyIndex, Build, LiveIndex, NoIndex
from deployments.catalog.long_lived import LongLived
from deployments.catalog.store import (
    CatalogStore,
    Contents,
    HiddenProduct,
    Positions,
    ReadAgain,
)

_WAIT_SECONDS = 2.0
"""Less than redis-py waits for an answer (5 s)."""
_PAUSE_SECONDS = 0.5
_CANCEL_AGAIN_SECONDS = 0.05
_RESTS, _LONGEST_REST_SECONDS = 5.0, 0.4
"""How many times as long as it took to show changes none are shown; staff see theirs within a
second."""
_LOADS_RESTS = 60.0
"""How many times as long as it took to load everything it is not loaded again."""
_log = logging.getLogger(__name__)


class CopyNotFollowedError(Exception):
    """The loop that keeps the copy fresh has ended: the replica must be replaced."""


@dataclass(frozen=True)
class Snapshot:
    """The products and the index of their texts; replaced as a whole, so that they agree.

    `hidden` are drafts and archived products, which nothing that answers shoppers looks at.
    """

    assortment: Assortment
    texts: Mapping[str, Searchable]
    index: AnyIndex
    hidden: Mapping[str, HiddenProduct] = field(default_factory=dict)


class LiveSnapshot:
    """The copy, and the loop that keeps it fresh."""

    def __init__(
        self, store: CatalogStore, *, reload_seconds: float = 30.0, build: Build = SearchIndex
    ) -> None:
        self._store, self._index = store, LiveIndex(build)
        self._long_lived = LongLived()
        self._reload_seconds = self._reload_after = reload_seconds
        self._current = Snapshot(Assortment(), {}, NoIndex())
        self._following: asyncio.Task[None] | None = None

    @property
    def assortment(self) -> Assortment:
        """The products at this moment."""
        return self._current.assortment

    @property
    def current(self) -> Snapshot:
        """Products and index at this moment, for a search that needs both."""
        return self._current

    async def start(self) -> None:
        """Load everything, then keep it fresh in the background."""
        contents = await self._load()
        self._following = asyncio.create_task(self._run(contents), name="catalog replica")

    async def stop(self) -> None:
        """End the loop.

        Before Python 3.12 a cancellation that meets redis-py as it sends can be lost (its
        `asyncio.wait_for` swallows it), so it is repeated.
        """
        while self._following is not None and not self._following.done():
            self._following.cancel()
            await asyncio.wait([self._following], timeout=_CANCEL_AGAIN_SECONDS)
        await self._index.stop()

    def check(self) -> None:
        """Raises `CopyNotFollowedError` unless the loop runs."""
        task = self._following
        if task is None or task.done():
            why = None if task is None or task.cancelled() else task.exception()
            raise CopyNotFollowedError("the catalogue's copy is not kept fresh any more") from why

    async def _run(self, contents: Contents | None) -> None:
        while True:
            try:
                contents = contents or await self._load()
                await self._follow(contents.positions)
            except (RedisError, OSError) as away:
                _log.warning("the catalogue's copy waits for Redis: %s", away)
                await asyncio.sleep(_PAUSE_SECONDS)
            contents = None

    async def _load(self) -> Contents:
        began = asyncio.get_running_loop().time()
        contents = await self._store.load()
        hidden = {one.product.id: one for one in contents.hidden}
        await self._show_all({one.id: self._same(one) for one in contents.products}, hidden)
        took = asyncio.get_running_loop().time() - began
        self._reload_after = max(self._reload_seconds, _LOADS_RESTS * took)
        return contents

    async def _follow(self, positions: Positions) -> None:
        """Read what events tell of, until it is time to load everything again."""
        now = asyncio.get_running_loop().time
        until = now() + self._reload_after
        while (left := until - now()) > 0:
            news = await self._store.wait(positions, seconds=min(left, _WAIT_SECONDS))
            if news.subjects:
                began = now()
                await self._show_again(await self._store.read(news.subjects))
                # What changes meanwhile, as during an import, is shown together.
                await asyncio.sleep(min(_LONGEST_REST_SECONDS, _RESTS * (now() - began)))
            if self._index.is_newer:
                index = await self._index.of(self._current.texts)
                self._current = replace(self._current, index=index)
            self._index.catch_up(self._current.texts)
            positions = news.positions

    async def _show_again(self, read: ReadAgain) -> None:
        """Show products as they were read again, and no longer what is gone."""
        before = self._current
        shown = before.assortment.products
        changed = [one for product in read.products if (one := self._same(product)) is product]
        gone = [id_ for id_ in read.gone if id_ in shown]
        hidden = {**before.hidden, **{one.product.id: one for one in read.hidden}}
        texts = dict(before.texts)
        for product in read.products:
            hidden.pop(product.id, None)
        for product in changed:
            texts[product.id] = searchable(product)
        for id_ in gone:
            del texts[id_]
        touched = {*gone, *(one.id for one in changed)}
        differ = any(texts.get(id_) != before.texts.get(id_) for id_ in touched)
        index = before.index
        if differ or isinstance(index, NoIndex):
            index = await self._index.of(texts, touched)
        assortment = before.assortment.after(changed, gone) if touched else before.assortment
        self._show(Snapshot(assortment, texts, index, hidden))

    async def _show_all(
        self, products: Mapping[str, Product], hidden: Mapping[str, HiddenProduct]
    ) -> None:
        """Replace the snapshot. The index is built elsewhere than here, and only if texts
        changed."""
        before = self._current
        texts = {id_: self._text(product) for id_, product in products.items()}
        index = before.index
        if texts != before.texts or isinstance(index, NoIndex):
            index = await self._index.of(texts)
        shown = before.assortment.products
        changed = [one for id_, one in products.items() if shown.get(id_) is not one]
        gone = [id_ for id_ in shown if id_ not in products]
        self._show(Snapshot(before.assortment.after(changed, gone), texts, index, hidden))

    def _show(self, snapshot: Snapshot) -> None:
        self._current = snapshot
        self._long_lived.grown_to(len(snapshot.assortment.products))

    def _same(self, product: Product) -> Product:
        """The object that is known already if it says the same, so that its text is known too."""
        known = self.assortment.products.get(product.id)
        same = known is product or (known is not None and known == product)
        return known if known is not None and same else product

    def _text(self, product: Product) -> Searchable:
        """What was worked out before, as long as the product is the same object."""
        known = self.assortment.products.get(product.id)
        return self._current.texts[product.id] if known is product else searchable(product)
