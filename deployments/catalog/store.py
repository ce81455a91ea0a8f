"""The catalogue's state in Redis.

| key | what |
| --- | --- |
| `{catalog}:products` | hash: product id, product as JSON without prices |
| `{catalog}:prices` | hash: SKU, price in cents |
| `{catalog}:had` | hash: `<cents> <SKU>` for every price that a SKU ever had, kept for good; only |
|   | in a catalogue that was filled by a version that has it, so that nothing is missing |
| `{catalog}:skus` | hash: SKU, id of the product it belongs to |
| `{catalog}:hidden` | hash: product id, a draft or an archived product with its prices as JSON |
| `{catalog}:pictures` | hash: product id, its pictures as JSON, about 450 bytes each; |
|   | bytes of pictures are not in Redis |
| `{catalog}:files:unshown` | sorted set: file of a picture that no product shows, by since when |
|   | that is known, in ms; about 160 bytes, until it is shown again or deleted |
| `{catalog}:files:going` | sorted set: file that is being deleted, by since when, in ms |
| `{catalog}:files:deletions` | number: how many times files were claimed to be deleted |
| `{catalog}:files:swept` | string: somebody has looked through the files; one day |
| `{catalog}:revisions` | hash: product id, how often it was changed; about 80 bytes a product |
| `{catalog}:planned` | hash: SKU, the price it will have as JSON, with who planned it and why; |
|   | about 300 bytes, until it takes effect |
| `{catalog}:due` | sorted set: SKU by when its planned price is due, in ms |
| `{catalog}:batches` | set of the batches that were taken in |
| `{catalog}:sequences` | hash: product id or SKU, how many events there were about it |
| `{catalog}:events:0` to `15` | streams of events |

A price has one home, so that changing it is one field, and so have a product's pictures, which
nobody who saves its document can lose. A product is in one of `products` and
`hidden`, so that nothing which reads for shoppers can meet a draft. What staff do is in
`staff_store.py`. Every change and its event are one script.
Events of a product (its id) and of its prices (the SKU) may lie on different streams: who keeps a
copy reads what is true now, with `read`, rather than applying events in the order of arrival.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis

from deployments.catalog.contract import Product, SkuTaken
from deployments.catalog.contract.products import Picture
from deployments.catalog.readings import ProductReadings, pairs
from deployments.foundation.events.publishing import Event, occasion, parse, streams_of
from deployments.foundation.redis.connection import script
from deployments.foundation.values.message import Message

SERVICE = "catalog"
PRODUCTS, PRICES, SKUS = "{catalog}:products", "{catalog}:prices", "{catalog}:skus"
_BATCHES, SEQUENCES = "{catalog}:batches", "{catalog}:sequences"
HIDDEN, REVISIONS = "{catalog}:hidden", "{catalog}:revisions"
PICTURES = "{catalog}:pictures"
UNSHOWN, GOING = "{catalog}:files:unshown", "{catalog}:files:going"
DELETIONS, SWEPT = "{catalog}:files:deletions", "{catalog}:files:swept"
HAD = "{catalog}:had"
STREAMS = streams_of(SERVICE)
LUA = Path(__file__).parent / "lua"
_EVENTS_AT_ONCE = 1000
PRICES_APART: dict[str, Any] = {
    "variants": {"__all__": {"price", "categories", "image_path"}},
    "pictures": True,
}
"""What a product's document has not: prices and pictures have homes of their own."""

Positions = dict[str, str]
"""The last event that was seen, by stream."""


Pictured: TypeAdapter[tuple[Picture, ...]] = TypeAdapter(tuple[Picture, ...])
"""A product's pictures, as they are stored."""


class HiddenProduct(Message):
    """A product that shoppers do not see, as it is stored."""

    state: Literal["draft", "archived"]
    product: Product


@dataclass(frozen=True)
class Contents:
    """All products as of certain positions in the event streams."""

    products: tuple[Product, ...]
    positions: Positions
    hidden: tuple[HiddenProduct, ...] = ()


@dataclass(frozen=True)
class ReadAgain:
    """Products as they are now; `gone` are ids that shoppers see nothing under."""

    products: tuple[Product, ...]
    hidden: tuple[HiddenProduct, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class News:
    """Whom events are about, and the positions after them."""

    subjects: frozenset[str]
    positions: Positions


class CatalogStore:
    """Products and prices of one Redis."""

    def __init__(self, redis: Redis) -> None:
        def lua(name: str, *preludes: str) -> Any:  # noqa: ANN401 - scripts answer anything.
            return script(redis, LUA / f"{name}.lua", *preludes)

        self._redis, self._readings = redis, ProductReadings()
        self._load, self._read = lua("load"), lua("read_products")
        self._import = lua("import_products", "publish")

    async def load(self) -> Contents:
        """Everything, and from where on events tell what changed."""
        keys = [PRODUCTS, PRICES, HIDDEN, PICTURES, *STREAMS]
        ends, documents, prices, hidden, pictures = await self._load(keys=keys)
        positions = dict(zip(STREAMS, ends, strict=True))
        # 25,000 products take seconds the first time, in which others are answered.
        products = await asyncio.to_thread(self._readings.everything, documents, prices, pictures)
        return Contents(products, positions, _hidden(hidden, pictures))

    async def read(self, subjects: Iterable[str]) -> ReadAgain:
        """The products of these ids and SKUs as they are now."""
        documents, prices, hidden, gone, pictures = await self._read(
            keys=[PRODUCTS, PRICES, SKUS, HIDDEN, PICTURES], args=sorted(subjects)
        )
        products = self._readings.some(documents, prices, pictures)
        return ReadAgain(products, _hidden(hidden, pictures), tuple(gone))

    async def wait(self, positions: Positions, *, seconds: float) -> News:
        """Events after these positions; waits for one, but no longer than `seconds`."""
        received = await self._redis.xread(
            cast(Any, positions), count=_EVENTS_AT_ONCE, block=int(seconds * 1000)
        )
        streams = cast(list[tuple[str, list[tuple[str, dict[str, str]]]]], received)
        subjects = (parse(entry).subject for _, entries in streams for _, entry in entries)
        ends = {stream: entries[-1][0] for stream, entries in streams}
        return News(frozenset(subjects), positions | ends)

    async def import_products(
        self, batch: str, products: Sequence[Product], events: Sequence[Event], now: datetime
    ) -> int:
        """Take in products, each with its event. Rejects with `SkuTaken`."""
        rows = [_row(product, event) for product, event in zip(products, events, strict=True)]
        outcome, value = await self._import(
            keys=[
                *(PRODUCTS, PRICES, SKUS, _BATCHES, SEQUENCES, HAD, REVISIONS, HIDDEN),
                *STREAMS,
            ],
            args=[batch, json.dumps(rows), occasion(SERVICE, now)],
        )
        if outcome == "taken":
            raise SkuTaken(f"The SKU {value} belongs to another product.", sku=value)
        return int(value)


def _hidden(documents: Iterable[str], pictures: Sequence[str]) -> tuple[HiddenProduct, ...]:
    known = pairs(pictures)
    found = (HiddenProduct.model_validate_json(document) for document in documents)
    return tuple(hidden_with(one, known.get(one.product.id)) for one in found)


def hidden_with(one: HiddenProduct, pictures: str | None) -> HiddenProduct:
    """What shoppers do not see, with its pictures, given as they are stored."""
    if not pictures:
        return one
    seen = Pictured.validate_json(pictures)
    product = one.product.model_copy(update={"pictures": seen})
    return one.model_copy(update={"product": product})


def files_of(pictures: Iterable[Picture]) -> tuple[str, ...]:
    """The files of these pictures: each has two."""
    return tuple(key for one in pictures for key in (one.key, one.thumbnail.key))


def _row(product: Product, event: Event) -> dict[str, Any]:
    return {
        "id": product.id,
        "document": product.model_dump_json(exclude=PRICES_APART),
        "prices": [[variant.sku, variant.price] for variant in product.variants],
        "event": event.model_dump_json(),
    }
