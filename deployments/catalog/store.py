"""The catalogue's state in Redis.

| key | what |
| --- | --- |
| `{catalog}:products` | hash: product id, product as JSON without prices |
| `{catalog}:prices` | hash: SKU, price in cents |
| `{catalog}:had` | hash: `<cents> <SKU>` for every price that a SKU ever had, kept for good; only |
|   | in a catalogue that was filled by a version that has it, so that nothing is missing |
| `{catalog}:skus` | hash: SKU, id of the product it belongs to |
| `{catalog}:batches` | set of the batches that were taken in |
| `{catalog}:sequences` | hash: product id or SKU, how many events there were about it |
| `{catalog}:events:0` to `15` | streams of events |

A price has one home, so that changing it is one field. Every change and its event are one script.
Events of a product (its id) and of its prices (the SKU) may lie on different streams: who keeps a
copy reads what is true now, with `read`, rather than applying events in the order of arrival.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from deployments.catalog.contract import Product, SkuTaken
from deployments.catalog.events import PriceChanged
from deployments.foundation.events.publishing import Event, occasion, parse, streams_of
from deployments.foundation.redis.connection import script

SERVICE = "catalog"
_PRODUCTS, _PRICES, _SKUS = "{catalog}:products", "{catalog}:prices", "{catalog}:skus"
_BATCHES, _SEQUENCES = "{catalog}:batches", "{catalog}:sequences"
HAD = "{catalog}:had"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"
_EVENTS_AT_ONCE = 1000
_PRICES_APART = {"variants": {"__all__": {"price"}}}

Positions = dict[str, str]
"""The last event that was seen, by stream."""


@dataclass(frozen=True)
class Contents:
    """All products as of certain positions in the event streams."""

    products: tuple[Product, ...]
    positions: Positions


@dataclass(frozen=True)
class News:
    """Whom events are about, and the positions after them."""

    subjects: frozenset[str]
    positions: Positions


class CatalogStore:
    """Products and prices of one Redis."""

    def __init__(self, redis: Redis) -> None:
        def lua(name: str, *preludes: str) -> Any:  # noqa: ANN401 - scripts answer anything.
            return script(redis, _LUA / f"{name}.lua", *preludes)

        self._redis = redis
        self._load, self._read = lua("load"), lua("read_products")
        self._import = lua("import_products", "publish")
        self._change_price = lua("change_price", "publish")

    async def load(self) -> Contents:
        """Everything, and from where on events tell what changed."""
        ends, documents, prices = await self._load(keys=[_PRODUCTS, _PRICES, *_STREAMS])
        return Contents(_products(documents, prices), dict(zip(_STREAMS, ends, strict=True)))

    async def read(self, subjects: Iterable[str]) -> tuple[Product, ...]:
        """The products of these ids and SKUs as they are now."""
        documents, prices = await self._read(
            keys=[_PRODUCTS, _PRICES, _SKUS], args=sorted(subjects)
        )
        return _products(documents, prices)

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
            keys=[_PRODUCTS, _PRICES, _SKUS, _BATCHES, _SEQUENCES, HAD, *_STREAMS],
            args=[batch, json.dumps(rows), occasion(SERVICE, now)],
        )
        if outcome == "taken":
            raise SkuTaken(f"The SKU {value} belongs to another product.", sku=value)
        return int(value)

    async def change_price(self, event: PriceChanged, now: datetime) -> bool:
        """Set a price, with its event; false if there is no such SKU."""
        changed = await self._change_price(
            keys=[_PRICES, _SKUS, _SEQUENCES, HAD, *_STREAMS],
            args=[event.sku, event.price, event.model_dump_json(), occasion(SERVICE, now)],
        )
        return bool(changed)


def _products(documents: Iterable[str], prices: Sequence[str]) -> tuple[Product, ...]:
    """The products as they were stored, with their prices, given as SKU, price, SKU, price…"""
    cents = dict(zip(prices[::2], prices[1::2], strict=True))
    return tuple(_product(json.loads(document), cents) for document in documents)


def _product(document: dict[str, Any], cents: Mapping[str, str]) -> Product:
    for variant in document["variants"]:
        variant["price"] = int(cents[variant["sku"]])
    return Product.model_validate(document)


def _row(product: Product, event: Event) -> dict[str, Any]:
    return {
        "id": product.id,
        "document": product.model_dump_json(exclude=_PRICES_APART),
        "prices": [[variant.sku, variant.price] for variant in product.variants],
        "event": event.model_dump_json(),
    }
