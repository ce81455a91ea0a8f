"""What the catalogue shows the other services: what an item is, what it costs and weighs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from pydantic import AwareDatetime, Field, model_validator

from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.message import Cents, Currency, Message
from deployments.foundation.values.money import STORE_CURRENCY

SEARCH = "dev.ucp.shopping.catalog.search"
LOOKUP = "dev.ucp.shopping.catalog.lookup"
"""The capabilities of UCP that the catalogue has."""
_SHOWN_CHARACTERS = 40
"""Of an id that nobody knows, in the sentence about it."""


class OptionValue(Message):
    """One option of a variant, such as Size: 44 cm."""

    name: str
    label: str


class Variant(Message):
    """What can be bought: one SKU with its own price, options and weight.

    `weight_grams` is none where the source gives no weight. A description that is left empty is
    derived from the options and the weight when the product is imported. It is on sale from
    `on_sale_from` on, the first moment, to before `on_sale_until`; none is no bound.
    """

    id: str
    sku: str
    product_id: str
    title: str
    description: str = ""
    price: Cents
    currency: Currency = STORE_CURRENCY
    options: tuple[OptionValue, ...] = ()
    weight_grams: int | None = None
    on_sale_from: AwareDatetime | None = None
    on_sale_until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _begins_first(self) -> Self:
        begins, ends = self.on_sale_from, self.on_sale_until
        if begins is not None and ends is not None and begins > ends:
            raise ValueError("a sale must not end before it begins")
        return self


class Product(Message):
    """A model and its variants, first the featured one. `categories` runs from wide to narrow."""

    id: str
    title: str
    description: str
    categories: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = Field(min_length=1)


class ResolveItems(Message):
    """Item ids as clients send them: variant ids, SKUs, or ids of products with one variant."""

    ids: tuple[str, ...]


class ResolvedItems(Message):
    """What the ids name: `items` that can be bought, and what is not on sale now.

    `off_sale` says of the latter why, in a sentence. An id that names nothing is in neither.
    """

    items: dict[str, Variant]
    off_sale: dict[str, str] = Field(default_factory=dict)

    def unavailable(self, ids: Iterable[str]) -> dict[str, str]:
        """Of these ids those that cannot be bought, each with a sentence on why."""
        return {
            id_: self.off_sale.get(id_, f"Item '{_shown(id_)}' is not sold here.")
            for id_ in ids
            if id_ not in self.items
        }


def _shown(id_: str) -> str:
    return id_ if len(id_) <= _SHOWN_CHARACTERS else f"{id_[:_SHOWN_CHARACTERS]}…"


class ImportProducts(Message):
    """Products to put into the catalogue under a batch name; a batch is taken in only once."""

    batch: str
    products: tuple[Product, ...]


class Imported(Message):
    """How many rows a batch brought; 0 when it had been taken in before."""

    count: int


class ChangePrice(Message):
    """A new price for one SKU."""

    sku: str
    price: Cents


@dataclass(eq=False)
class UnknownItem(Rejection):
    """The catalogue has no such SKU."""

    sku: str
    code: ClassVar[str] = "catalog.unknown_item"
    public_code: ClassVar[str] = "not_found"


@dataclass(eq=False)
class ItemsUnavailable(Rejection):
    """What was on sale when it was shown is not any more; `reasons` says why, by SKU."""

    reasons: dict[str, str]
    code: ClassVar[str] = "catalog.items_unavailable"
    public_code: ClassVar[str] = "item_unavailable"


@dataclass(eq=False)
class SkuTaken(Rejection):
    """A SKU of a batch belongs to another product. Nothing of the batch was taken in."""

    sku: str
    code: ClassVar[str] = "catalog.sku_taken"


class CatalogApi(Protocol):
    """The catalogue's contract."""

    @repeatable
    async def resolve(self, request: ResolveItems) -> ResolvedItems:
        """Titles, prices and weights of items, from this replica's own copy: no Redis call."""
        ...

    async def import_products(self, request: ImportProducts) -> Imported:
        """Take in a batch of products and publish each; a known product is replaced.

        Rejects with `SkuTaken`.
        """
        ...

    async def change_price(self, request: ChangePrice) -> Variant:
        """Set a price and publish it. Rejects with `UnknownItem`."""
        ...
