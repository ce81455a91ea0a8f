"""The list of products that staff search, whatever their state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deployments.catalog.contract.documents import (
    Categories,
    CategoryCount,
    ListProducts,
    ProductPage,
    ProductRow,
    State,
)
from deployments.catalog.contract.products import Product
from deployments.catalog.domain.products import category_values, price_range


@dataclass(frozen=True)
class Shelved:
    """A product in its state, and the text by which it is found."""

    product: Product
    state: State
    text: str
    categories: tuple[str, ...]

    @property
    def order(self) -> tuple[str, str]:
        """Where it stands in the list."""
        return self.product.title.casefold(), self.product.id


def shelved(product: Product, state: State) -> Shelved:
    """A product to put into the list."""
    skus = (variant.sku for variant in product.variants)
    text = " ".join((product.title, product.id, *skus)).casefold()
    return Shelved(product, state, text, tuple(category_values(product)))


class Shelf:
    """All products by title."""

    def __init__(self, known: Mapping[str, Shelved]) -> None:
        self.known = known
        self._sorted = sorted(known.values(), key=lambda one: one.order)

    def page(self, request: ListProducts) -> ProductPage:
        """The products that fit, from the cursor on."""
        found = self._sorted
        if request.state is not None:
            found = [one for one in found if one.state == request.state]
        if request.category is not None:
            found = [one for one in found if request.category in one.categories]
        for word in request.text.casefold().split():
            found = [one for one in found if word in one.text]
        end = request.cursor + request.limit
        return ProductPage(
            rows=tuple(_row(one) for one in found[request.cursor : end]),
            total=len(found),
            cursor=end if end < len(found) else None,
        )

    def categories(self) -> Categories:
        """Every category as its path, and how many products are in it."""
        counts = Counter(name for one in self.known.values() for name in one.categories)
        names = (CategoryCount(name=name, products=counts[name]) for name in sorted(counts))
        return Categories(categories=tuple(names))


def _row(one: Shelved) -> ProductRow:
    product = one.product
    lowest, highest = price_range(product)
    return ProductRow(
        id=product.id,
        title=product.title,
        state=one.state,
        categories=product.categories,
        skus=tuple(variant.sku for variant in product.variants),
        lowest_price=lowest,
        highest_price=highest,
    )


def shelf_of(products: Iterable[tuple[Product, State]], before: Shelf) -> Shelf:
    """A list of these, with what another one has worked out about those that are the same."""
    known = before.known
    rows: dict[str, Shelved] = {}
    for product, state in products:
        row = known.get(product.id)
        same = row is not None and row.product is product and row.state == state
        rows[product.id] = row if row is not None and same else shelved(product, state)
    return Shelf(rows)
