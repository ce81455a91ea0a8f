"""What a file asks for, item by item, whatever wrote it.

A field that was not set is one of which the file says nothing: what there is stays.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from deployments.catalog.contract.documents import State
from deployments.catalog.contract.products import (
    MAX_CATEGORIES,
    MAX_OPTIONS,
    MAX_VARIANTS,
    Category,
    Description,
    Id,
    OptionValue,
    Price,
    Title,
)
from deployments.foundation.values.message import Message
from deployments.inventory.contract.levels import MAX_UNITS, LocationId
from deployments.pricing.contract.codes import CodeText

ImportKind = Literal["products", "prices", "stock", "codes"]
IMPORT_KINDS: tuple[ImportKind, ...] = get_args(ImportKind)
RowNumber = Annotated[int, Field(ge=1)]


class VariantPart(Message):
    """What a file says of a variant."""

    row: RowNumber
    sku: Id
    title: Title = ""
    description: Description = ""
    price: Price = 0
    options: tuple[OptionValue, ...] = Field(default=(), max_length=MAX_OPTIONS)
    weight_grams: int | None = Field(default=None, ge=0, le=10**8)
    on_sale_from: AwareDatetime | None = None
    on_sale_until: AwareDatetime | None = None


class ProductItem(Message):
    """What a file says of a product and of some of its variants; it takes none away."""

    row: RowNumber
    id: Id
    title: Title = ""
    description: Description = ""
    categories: tuple[Category, ...] = Field(default=(), max_length=MAX_CATEGORIES)
    state: State = "draft"
    variants: tuple[VariantPart, ...] = Field(default=(), max_length=MAX_VARIANTS)


class PriceItem(Message):
    """What a SKU costs, now or from a moment on."""

    row: RowNumber
    sku: Id
    price: Price
    starts: AwareDatetime | None = None


class StockItem(Message):
    """Units at a location: counted, arrived, or more or fewer than was thought.

    `expected` is what lay there when somebody counted, if the file says that.
    """

    row: RowNumber
    sku: Id
    location_id: LocationId
    action: Literal["count", "receive", "adjust"]
    number: int = Field(ge=-MAX_UNITS, le=MAX_UNITS)
    expected: int | None = None


class CodeItem(Message):
    """A discount code: the fields of pricing's `DiscountCode` of which the file says something."""

    row: RowNumber
    code: CodeText
    said: dict[str, JsonValue]


ImportItem = ProductItem | PriceItem | StockItem | CodeItem
ITEMS: dict[ImportKind, type[ImportItem]] = {
    "products": ProductItem,
    "prices": PriceItem,
    "stock": StockItem,
    "codes": CodeItem,
}


class RefusedRow(Message):
    """A row that nothing is done about: what it is about, and why, as a sentence of the catalogues
    with its values, or a rejection's code with its own sentence."""

    row: RowNumber
    subject: Annotated[str, StringConstraints(max_length=300)] = ""
    message: Annotated[str, StringConstraints(max_length=500)]
    values: dict[str, str | int] = Field(default_factory=dict)
    sentence: Annotated[str, StringConstraints(max_length=1000)] = ""


class RowRefusedError(Exception):
    """A row makes no sense: a sentence of the catalogues, and its values."""

    def __init__(self, message: str, **values: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.values = {name: _short(value) for name, value in values.items()}


def _short(value: str | int) -> str | int:
    return value if isinstance(value, int) or len(value) <= 120 else f"{value[:120]}…"  # noqa: PLR2004
