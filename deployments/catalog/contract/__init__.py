"""What the catalogue shows the other services: what an item is, what it costs and weighs.

`products` has what is sold, `documents` what staff see and change of it, `staff` the methods for
that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pydantic import Field

from deployments.catalog.contract.documents import (
    ChangePrice,
    SkuTaken,
    StaleRevision,
    UnknownItem,
    UnknownProduct,
)
from deployments.catalog.contract.products import OptionValue, Product, Variant
from deployments.catalog.contract.staff import CatalogForStaff
from deployments.foundation.rpc.contracts import repeatable
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import STORE, Author, Reason
from deployments.foundation.values.message import Message

__all__ = [
    "LOOKUP",
    "SEARCH",
    "CatalogApi",
    "ChangePrice",
    "ImportProducts",
    "Imported",
    "ItemsUnavailable",
    "OptionValue",
    "Product",
    "ResolveItems",
    "ResolvedItems",
    "SkuTaken",
    "StaleRevision",
    "UnknownItem",
    "UnknownProduct",
    "Variant",
]

SEARCH = "dev.ucp.shopping.catalog.search"
LOOKUP = "dev.ucp.shopping.catalog.lookup"
"""The capabilities of UCP that the catalogue has."""
_SHOWN_CHARACTERS = 40
"""Of an id that nobody knows, in the sentence about it."""


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

    batch: str = Field(max_length=255)
    products: tuple[Product, ...]
    author: Author = STORE
    reason: Reason = ""


class Imported(Message):
    """How many rows a batch brought; 0 when it had been taken in before."""

    count: int


@dataclass(eq=False)
class ItemsUnavailable(Rejection):
    """What was on sale when it was shown is not any more; `reasons` says why, by SKU."""

    reasons: dict[str, str]
    code: ClassVar[str] = "catalog.items_unavailable"
    public_code: ClassVar[str] = "item_unavailable"


class CatalogApi(CatalogForStaff, Protocol):
    """The catalogue's contract, with what staff do."""

    @repeatable
    async def resolve(self, request: ResolveItems) -> ResolvedItems:
        """Titles, prices and weights of items, from this replica's own copy: no Redis call."""
        ...

    async def import_products(self, request: ImportProducts) -> Imported:
        """Take in a batch of products and publish each; a known product is replaced.

        Rejects with `SkuTaken`.
        """
        ...
