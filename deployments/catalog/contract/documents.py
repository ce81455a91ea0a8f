"""What staff see and change of the catalogue: documents of products, their state and revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from deployments.catalog.contract.products import Category, Id, Price, Product, Title
from deployments.foundation.rpc.rejection import Rejection
from deployments.foundation.values.authorship import STORE, Author, Reason
from deployments.foundation.values.message import Message

MAX_PAGE = 200
State = Literal["published", "draft", "archived"]
"""Whether shoppers see a product; one that is archived is kept, and was sold once."""
Revision = Annotated[int, Field(ge=0)]
"""How often a product was changed; whoever changes it says which revision they saw."""


class ScheduledPrice(Message):
    """What a SKU will cost from a moment on."""

    sku: Id
    price: Price
    starts: AwareDatetime
    author: Author
    reason: Reason = ""


class ProductDocument(Message):
    """A product as staff see it, at one revision."""

    product: Product
    state: State
    revision: Revision
    scheduled: tuple[ScheduledPrice, ...] = ()


class GetDocument(Message):
    """The id of a product, or a SKU."""

    id: Id


class SaveProduct(Message):
    """A product as it shall be. `revision` is the one that was seen; none makes a new product."""

    author: Author
    reason: Reason = ""
    product: Product
    state: State
    revision: Revision | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        skus = [variant.sku for variant in self.product.variants]
        if len(set(skus)) < len(skus):
            raise ValueError("each variant needs a SKU of its own")
        return self


class ChangePrice(Message):
    """A new price for one SKU of a published product. `revision` none takes whatever it is."""

    sku: Id
    price: Price
    author: Author = STORE
    reason: Reason = ""
    revision: Revision | None = None


class SchedulePrice(Message):
    """What a SKU shall cost from a moment on; a price of none takes back what was planned.
    `revision` none takes whatever it is."""

    author: Author
    reason: Reason = ""
    sku: Id
    price: Price | None
    starts: AwareDatetime
    revision: Revision | None = None


class PriceScheduled(Message):
    """What is planned for a SKU; none if nothing is."""

    scheduled: ScheduledPrice | None


class ApplyScheduledPrices(Message):
    """Let prices that are due take effect, `limit` of them at most."""

    limit: int = Field(default=200, ge=1, le=1000)


class PricesApplied(Message):
    """How many were due."""

    count: int


class ListProducts(Message):
    """A page of the products in which every word of `text` occurs: in title, id or a SKU."""

    text: Annotated[str, StringConstraints(max_length=255)] = ""
    category: Category | None = None
    state: State | None = None
    cursor: int = Field(default=0, ge=0)
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class ProductRow(Message):
    """A product in a list. Prices are the lowest and the highest of its variants."""

    id: Id
    title: Title
    state: State
    categories: tuple[Category, ...]
    skus: tuple[Id, ...]
    lowest_price: Price
    highest_price: Price


class ProductPage(Message):
    """Rows by title; `cursor` is none on the last page."""

    rows: tuple[ProductRow, ...]
    total: int
    cursor: int | None = None


class ListCategories(Message):
    """Nothing to say: all categories."""


class CategoryCount(Message):
    """A category, and how many products are in it, whatever their state."""

    name: Category
    products: int


class Categories(Message):
    """All categories, by name."""

    categories: tuple[CategoryCount, ...]


@dataclass(eq=False)
class UnknownItem(Rejection):
    """The catalogue has no such SKU, or does not show it to shoppers."""

    sku: str
    code: ClassVar[str] = "catalog.unknown_item"
    public_code: ClassVar[str] = "not_found"


@dataclass(eq=False)
class UnknownProduct(Rejection):
    """The catalogue has no such product."""

    product_id: str
    code: ClassVar[str] = "catalog.unknown_product"
    public_code: ClassVar[str] = "not_found"


@dataclass(eq=False)
class StaleRevision(Rejection):
    """Somebody changed the product meanwhile; `current` is what it is now. Nothing was changed."""

    current: ProductDocument
    code: ClassVar[str] = "catalog.stale_revision"


@dataclass(eq=False)
class SkuTaken(Rejection):
    """A SKU belongs to another product. Nothing was changed."""

    sku: str
    code: ClassVar[str] = "catalog.sku_taken"
