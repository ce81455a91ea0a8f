"""Products as they were read: what is the same again is the same object, not worked out anew.

A replica reads everything again and again, in case no event told of a change. With 100,000 variants
that were seconds of a processor, and a second copy of everything for as long as it took.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deployments.catalog.contract import Product


def pairs(flat: Sequence[str]) -> dict[str, str]:
    """What Redis answers as name, value, name, value…"""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def products_of(
    documents: Iterable[str], prices: Sequence[str], pictures: Sequence[str] = ()
) -> tuple[Product, ...]:
    """The products as they were stored, with their prices and pictures.

    Prices are given as SKU, price, SKU, price…, pictures as product id, pictures, product id…
    """
    cents, pictured = pairs(prices), pairs(pictures)
    return tuple(_product(json.loads(document), cents, pictured) for document in documents)


def _product(
    document: dict[str, Any], cents: Mapping[str, str], pictures: Mapping[str, str]
) -> Product:
    for variant in document["variants"]:
        variant["price"] = int(cents[variant["sku"]])
    if known := pictures.get(document["id"]):
        document["pictures"] = json.loads(known)
    return Product.model_validate(document)


class ProductReadings:
    """What was read last, by product id: a hash of its texts, and the product."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, Product]] = {}

    def everything(
        self, documents: Sequence[str], prices: Sequence[str], pictures: Sequence[str]
    ) -> tuple[Product, ...]:
        """All products, given as id, document, id…; those that are no more are forgotten."""
        cents, pictured = pairs(prices), pairs(pictures)
        self._seen = {
            id_: self._read(id_, document, cents, pictured)
            for id_, document in pairs(documents).items()
        }
        return tuple(product for _, product in self._seen.values())

    def some(
        self, documents: Iterable[str], prices: Sequence[str], pictures: Sequence[str]
    ) -> tuple[Product, ...]:
        """Products that may have changed, given as documents."""
        cents, pictured, found = pairs(prices), pairs(pictures), []
        for document in documents:
            product = _product(json.loads(document), cents, pictured)
            self._seen[product.id] = _hash(product.id, document, pictured), product
            found.append(product)
        return tuple(found)

    def _read(
        self, id_: str, document: str, cents: Mapping[str, str], pictured: Mapping[str, str]
    ) -> tuple[int, Product]:
        text = _hash(id_, document, pictured)
        known = self._seen.get(id_)
        if known is not None and known[0] == text and _costs(known[1], cents):
            return known
        return text, _product(json.loads(document), cents, pictured)


def _hash(id_: str, document: str, pictured: Mapping[str, str]) -> int:
    return hash((document, pictured.get(id_)))


def _costs(product: Product, cents: Mapping[str, str]) -> bool:
    """Whether these are the product's prices."""
    return all(cents.get(variant.sku) == str(variant.price) for variant in product.variants)
