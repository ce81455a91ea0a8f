"""The catalogue's rules: what an id names, which variants a filter leaves, what things cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deployments.catalog.contract import Product, Variant
from deployments.catalog.contract.products import PICTURES_PATH
from deployments.catalog.domain.sale import on_sale_only

_KILOGRAM = 1000
Match = Literal["exact", "featured"]


@dataclass(frozen=True)
class Filters:
    """What narrows products and variants: all that is given must hold; prices are in cents."""

    categories: tuple[str, ...] = ()
    min_price: int | None = None
    max_price: int | None = None


@dataclass(frozen=True)
class Named:
    """What an id names: a variant (`exact`), or a product whose variant the store chooses."""

    product: Product
    variant: Variant | None

    @property
    def match(self) -> Match:
        """How UCP calls it."""
        return "featured" if self.variant is None else "exact"


@dataclass(frozen=True)
class Offering:
    """A product with the variants to show, first the featured one."""

    product: Product
    variants: tuple[Variant, ...]


class Assortment:
    """All products at one moment, found by product id, variant id or SKU; `ids` are in order."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self.products: dict[str, Product] = {}
        self._exact: dict[str, Named] = {}
        """By variant id and by SKU."""
        self._bounded: set[str] = set()
        for product in products:
            self._add(product)
        self.ids = sorted(self.products)

    def after(self, changed: Sequence[Product], gone: Sequence[str]) -> Assortment:
        """The assortment that this becomes: a copy, which costs little where little has changed."""
        becomes = Assortment()
        becomes.products, becomes._exact = dict(self.products), dict(self._exact)
        becomes._bounded = set(self._bounded)
        for id_ in (*gone, *(product.id for product in changed)):
            becomes._forget(id_)
        for product in changed:
            becomes._add(product)
        for id_ in gone:
            becomes.products.pop(id_, None)
        becomes.ids = sorted(becomes.products)
        return becomes

    def _add(self, product: Product) -> None:
        self.products[product.id] = product
        for variant in product.variants:
            self._exact[variant.id] = self._exact[variant.sku] = Named(product, variant)
        if any(each.on_sale_from or each.on_sale_until for each in product.variants):
            self._bounded.add(product.id)

    def _forget(self, product_id: str) -> None:
        """Let go of what a product's variants were called, unless it is another's name by now."""
        self._bounded.discard(product_id)
        product = self.products.get(product_id)
        for variant in product.variants if product else ():
            for name in (variant.id, variant.sku):
                if (known := self._exact.get(name)) and known.product.id == product_id:
                    del self._exact[name]

    def on_sale(self, product_id: str, now: datetime) -> Product | None:
        """A product with its variants that are on sale; none if there are none."""
        product = self.products[product_id]
        return on_sale_only(product, now) if product_id in self._bounded else product

    def find(self, id_: str) -> Named | None:
        """What the id names, or none."""
        product = self.products.get(id_)
        return self._exact.get(id_) or (Named(product, None) if product else None)

    def sold_as(self, id_: str) -> Variant | None:
        """What is bought under an id, with its categories and a picture."""
        item, named = self.item(id_), self.find(id_)
        return None if item is None or named is None else _filed(item, named.product)

    def item(self, id_: str) -> Variant | None:
        """What is bought under an id: a variant, or the only one of a product."""
        named = self.find(id_)
        if named is None:
            return None
        only = named.product.variants[0] if len(named.product.variants) == 1 else None
        return named.variant or only


def _filed(variant: Variant, product: Product) -> Variant:
    """A variant with the categories of its product, and the first of its pictures."""
    if not product.categories and not product.pictures:
        return variant
    path = f"{PICTURES_PATH}/{product.pictures[0].key}" if product.pictures else None
    filed = {"categories": tuple(category_values(product)), "image_path": path}
    return variant.model_copy(update=filed)


def category_values(product: Product) -> list[str]:
    """The product's categories as paths, from wide to narrow: `Bikes`, `Bikes > Road Bikes`."""
    names = product.categories
    return [" > ".join(names[: depth + 1]) for depth in range(len(names))]


def passing(product: Product, filters: Filters) -> tuple[Variant, ...]:
    """The variants that the filters leave, in the product's order."""
    if not _in_categories(product, filters.categories):
        return ()
    return tuple(variant for variant in product.variants if _affordable(variant, filters))


def _in_categories(product: Product, wanted: tuple[str, ...]) -> bool:
    """Categories are named by their path or by their own name, in any case."""
    if not wanted:
        return True
    known = {name.casefold() for name in (*category_values(product), *product.categories)}
    return any(name.strip().casefold() in known for name in wanted)


def _affordable(variant: Variant, filters: Filters) -> bool:
    above = filters.min_price is None or variant.price >= filters.min_price
    return above and (filters.max_price is None or variant.price <= filters.max_price)


def price_range(product: Product) -> tuple[int, int]:
    """The lowest and the highest price of all its variants, in cents."""
    prices = [variant.price for variant in product.variants]
    return min(prices), max(prices)


def described(product: Product) -> Product:
    """The product, with a description for every variant that came without one."""
    variants = tuple(
        variant
        if variant.description
        else variant.model_copy(update={"description": _describe(product, variant)})
        for variant in product.variants
    )
    return product.model_copy(update={"variants": variants})


def _describe(product: Product, variant: Variant) -> str:
    """`Road-150: Color Red, Size 62 cm, 6.8 kg.`; without attributes, what the product says."""
    traits = [f"{option.name} {option.label}" for option in variant.options]
    if variant.weight_grams is not None:
        traits.append(_weight(variant.weight_grams))
    return f"{product.title}: {', '.join(traits)}." if traits else product.description


def _weight(grams: int) -> str:
    return f"{grams} g" if grams < _KILOGRAM else f"{grams / _KILOGRAM:.2f} kg"
