"""The check of the catalogue's own books: products and prices are what was told last.

Prices may change again, so contents and events are compared as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from redis.asyncio import Redis

from deployments.catalog.contract import Product
from deployments.catalog.events import (
    PicturesChanged,
    PriceChanged,
    PricePlanned,
    ProductChanged,
    ProductHidden,
)
from deployments.catalog.records import CatalogRecords, Contents
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.streams import EventStreams, StreamEvent
from deployments.foundation.events.publishing import Event, stream_of
from deployments.foundation.values.message import readable

E = TypeVar("E", bound=Event)


class LastTold(NamedTuple):
    """The last event about a product or a price: where it is, since when, and what it says."""

    key: str
    since: int
    product: ProductChanged | None
    hidden: ProductHidden | None
    price: PriceChanged | None


class CatalogAudit:
    """The check, over one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._records = redis, CatalogRecords(redis)

    async def events(self) -> Findings:
        """What was published of products and prices."""
        told = ContentsTold(await self._records.contents())
        streams = EventStreams("catalog", self._redis)
        async for events in streams.news():
            told.consume(events)
        wrong = [*told.wrong(), *told.never_published(streams)]
        return Findings({"events": streams.count}, (*streams.wrong(), *wrong))


class ContentsTold:
    """The contents of the catalogue, and what had been said of them by then."""

    def __init__(self, contents: Contents) -> None:
        self._positions = contents.positions
        self._products = {product.id: product for product in contents.products}
        self._skus = {v.sku: product for product in contents.products for v in product.variants}
        self._told: dict[str, LastTold] = {}
        """By subject: product ids and SKUs."""
        hidden = (one.product for one in contents.hidden)
        self._pictures = {one.id: one.pictures for one in (*contents.products, *hidden)}
        self._pictured: dict[str, tuple[str, PicturesChanged]] = {}

    def consume(self, events: Sequence[StreamEvent]) -> None:
        """Take events in; those that are newer than the contents are left out."""
        for event in events:
            envelope = event.envelope
            # What is planned is not so yet.
            if envelope is None or envelope.type == PricePlanned.type:
                continue
            if _order(event.entry) <= _order(self._positions.get(event.stream, "0-0")):
                said = envelope.type, envelope.data
                if pictured := _event(PicturesChanged, *said):
                    self._pictured[envelope.subject] = event.key, pictured
                    continue
                self._told[envelope.subject] = LastTold(
                    event.key,
                    _order(event.entry)[0],
                    _event(ProductChanged, *said),
                    _event(ProductHidden, *said),
                    _event(PriceChanged, *said),
                )

    def wrong(self) -> Iterator[Discrepancy]:
        """Where the contents are not what was said last."""
        for subject, told in sorted(self._told.items()):
            if told.product is not None:
                yield from product_is_as_told(told.key, told.product, self._products.get(subject))
            if told.hidden is not None and subject in self._products:
                what = f"{subject} was told as {told.hidden.state}, but shoppers see it."
                yield Discrepancy("hidden_product_shown", (told.key,), what)
            product = self._skus.get(subject)
            if told.price is not None and product is not None:
                yield from price_is_as_told(told, product, self._told.get(product.id))

        for id_, (key, said) in sorted(self._pictured.items()):
            has = tuple(picture.key for picture in self._pictures.get(id_, ()))
            if has != said.pictures:
                what = f"{id_} has {len(has)} pictures, and not the {len(said.pictures)} told last."
                yield Discrepancy("pictures_differ", (key,), what)

    def never_published(self, streams: EventStreams) -> Iterator[Discrepancy]:
        """Products about which there is no event."""
        for product in self._products:
            if streams.number_of(product) == 0:
                key = stream_of("catalog", product)
                what = f"The product {product} was never published."
                yield Discrepancy("product_not_published", (key,), what)


def _order(entry: str) -> tuple[int, int]:
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)


def _event(kind: type[E], name: str, data: dict[str, object]) -> E | None:
    return readable(kind, data) if name == kind.type else None


def product_is_as_told(
    key: str, told: ProductChanged, product: Product | None
) -> Iterator[Discrepancy]:
    """A product that was published is there, with the title and the SKUs that were told last."""
    if product is None:
        yield Discrepancy("no_such_product", (key,), f"{told.product_id} does not exist.")
        return
    skus = tuple(variant.sku for variant in product.variants)
    if (product.title, skus) != (told.title, told.skus):
        what = f"{product.id} is {product.title!r} with {', '.join(skus)}."
        yield Discrepancy("product_differs", (key,), what)


def price_is_as_told(
    told: LastTold, product: Product, since: LastTold | None
) -> Iterator[Discrepancy]:
    """A SKU has the price that was told last, unless its product was replaced after that."""
    if told.price is None or (since is not None and since.since >= told.since):
        return
    for variant in product.variants:
        if variant.sku == told.price.sku and variant.price != told.price.price:
            what = f"{variant.sku} costs {variant.price}, told were {told.price.price}."
            yield Discrepancy("price_differs", (told.key,), what)
