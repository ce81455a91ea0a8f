"""The catalogue's products and prices against the last event about each, as of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from commands.auditing.findings import Discrepancy
from commands.auditing.streams import StreamEvent
from deployments.catalog.contract import Product
from deployments.catalog.events import PriceChanged, ProductChanged
from deployments.catalog.store import Contents
from deployments.foundation.events.publishing import Event
from deployments.foundation.values.message import readable

E = TypeVar("E", bound=Event)


class Told(NamedTuple):
    """The last event about a product or a price: where it is, since when, and what it says."""

    key: str
    since: int
    product: ProductChanged | None
    price: PriceChanged | None


class Catalogue:
    """The contents of the catalogue, and what had been said of them by then."""

    def __init__(self, contents: Contents) -> None:
        self._positions = contents.positions
        self._products = {product.id: product for product in contents.products}
        self._skus = {v.sku: product for product in contents.products for v in product.variants}
        self._told: dict[str, Told] = {}
        """By subject: product ids and SKUs."""

    @property
    def products(self) -> list[str]:
        """The ids of all products."""
        return list(self._products)

    def consume(self, events: Sequence[StreamEvent]) -> None:
        """Take events in; those that are newer than the contents are left out."""
        for event in events:
            envelope = event.envelope
            if envelope is not None and _order(event.entry) <= _order(
                self._positions.get(event.stream, "0-0")
            ):
                product = _event(ProductChanged, envelope.type, envelope.data)
                price = _event(PriceChanged, envelope.type, envelope.data)
                since = _order(event.entry)[0]
                self._told[envelope.subject] = Told(event.key, since, product, price)

    def wrong(self) -> Iterator[Discrepancy]:
        """Where the contents are not what was said last."""
        for subject, told in sorted(self._told.items()):
            if told.product is not None:
                yield from product_is_as_told(told.key, told.product, self._products.get(subject))
            product = self._skus.get(subject)
            if told.price is not None and product is not None:
                yield from price_is_as_told(told, product, self._told.get(product.id))


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


def price_is_as_told(told: Told, product: Product, since: Told | None) -> Iterator[Discrepancy]:
    """A SKU has the price that was told last, unless its product was replaced after that."""
    if told.price is None or (since is not None and since.since >= told.since):
        return
    for variant in product.variants:
        if variant.sku == told.price.sku and variant.price != told.price.price:
            what = f"{variant.sku} costs {variant.price}, told were {told.price.price}."
            yield Discrepancy("price_differs", (told.key,), what)
