"""The rows of an export, read from the services page by page: it takes no more memory than a page.

Lists change while they are read: what is renamed meanwhile may be missing or stand twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from deployments.backoffice.formats.own import (
    CODE_COLUMNS,
    OPTION_COLUMNS,
    PRICE_COLUMNS,
    PRODUCT_COLUMNS,
    STOCK_COLUMNS,
    joined,
)
from deployments.backoffice.tables.writing import Cell, Table
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import MAX_PAGE as _MOST_PRODUCTS
from deployments.catalog.contract.documents import (
    GetDocument,
    ListProducts,
    ProductDocument,
    ProductRow,
    UnknownProduct,
)
from deployments.catalog.contract.products import Variant
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.levels import MAX_ROWS, GetLevels, ListLocations, StockLevel
from deployments.pricing.contract import DiscountCode, PricingApi
from deployments.pricing.contract.codes import MAX_PAGE as _MOST_CODES
from deployments.pricing.contract.codes import CodeDocument, ListCodes, Scope

_SIDE_BY_SIDE = 8
Question = TypeVar("Question")
Answer = TypeVar("Answer")


def amount(cents: int | None) -> Decimal | None:
    """An amount in major units."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def moment(at: datetime | None) -> str:
    """A moment as it can be read again."""
    return "" if at is None else at.isoformat()


async def side_by_side(
    questions: Sequence[Question], ask: Callable[[Question], Awaitable[Answer]]
) -> AsyncIterator[Answer]:
    """Answers in the order of the questions, some of which are under way at once."""
    for start in range(0, len(questions), _SIDE_BY_SIDE):
        part = questions[start : start + _SIDE_BY_SIDE]
        for answer in await asyncio.gather(*(ask(one) for one in part)):
            yield answer


class CatalogRows:
    """Exports of the catalogue and of the stock."""

    def __init__(self, catalog: CatalogApi, inventory: InventoryApi) -> None:
        self._catalog, self._inventory = catalog, inventory

    def products(self) -> Table:
        """Every variant of every product, drafts too."""
        return Table(PRODUCT_COLUMNS, self._products())

    def prices(self) -> Table:
        """What every published SKU costs."""
        return Table(PRICE_COLUMNS, self._prices())

    def stock(self) -> Table:
        """What lies where of everything that the catalogue has."""
        return Table(STOCK_COLUMNS, self._stock())

    async def _listed(self) -> AsyncIterator[tuple[ProductRow, ...]]:
        cursor: int | None = 0
        while cursor is not None:
            page = await self._catalog.list_products(
                ListProducts(cursor=cursor, limit=_MOST_PRODUCTS)
            )
            yield page.rows
            cursor = page.cursor

    async def _documents(self) -> AsyncIterator[ProductDocument]:
        async for rows in self._listed():
            async for document in side_by_side(rows, self._document):
                if document is not None:
                    yield document

    async def _document(self, row: ProductRow) -> ProductDocument | None:
        try:
            return await self._catalog.document(GetDocument(id=row.id))
        except UnknownProduct:
            return None  # The list is a moment older.

    async def _products(self) -> AsyncIterator[Sequence[Cell]]:
        async for document in self._documents():
            for variant in document.product.variants:
                yield _variant(document, variant)

    async def _prices(self) -> AsyncIterator[Sequence[Cell]]:
        async for document in self._documents():
            if document.state != "published":
                continue
            for one in document.product.variants:
                yield [one.sku, one.title, amount(one.price), one.currency, ""]

    async def _stock(self) -> AsyncIterator[Sequence[Cell]]:
        found = await self._inventory.locations(ListLocations())
        locations = {one.id: one.name for one in found.locations}
        async for rows in self._listed():
            titles = {sku: row.title for row in rows for sku in row.skus}
            skus = list(titles)
            for start in range(0, len(skus), MAX_ROWS):
                part = tuple(skus[start : start + MAX_ROWS])
                levels = (await self._inventory.levels(GetLevels(skus=part))).levels
                for level in levels:
                    name = locations.get(level.location_id, "")
                    yield _level(level, titles[level.sku], name)
                for sku in sorted(set(part) - {level.sku for level in levels}):
                    yield [sku, titles[sku], *[""] * (len(STOCK_COLUMNS) - 2)]


def _variant(document: ProductDocument, variant: Variant) -> Sequence[Cell]:
    product, options = document.product, [(one.name, one.label) for one in variant.options]
    first = [part for pair in options[:OPTION_COLUMNS] for part in pair]
    more = options[OPTION_COLUMNS:]
    return [
        product.id,
        product.title,
        product.description,
        joined(product.categories, " > "),
        document.state,
        variant.sku,
        variant.title,
        variant.description,
        amount(variant.price),
        variant.currency,
        *first,
        *[""] * (2 * OPTION_COLUMNS - len(first)),
        json.dumps(more, ensure_ascii=False) if more else "",
        variant.weight_grams,
        moment(variant.on_sale_from),
        moment(variant.on_sale_until),
    ]


def _level(level: StockLevel, title: str, location: str) -> Sequence[Cell]:
    return [
        *(level.sku, title, level.location_id, location, level.on_hand),
        *(level.available, level.held, level.sold, level.incoming, "", "", ""),
    ]


class CodeRows:
    """Exports of discount codes."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing

    def codes(self) -> Table:
        """Every code, and how often it was redeemed."""
        return Table(CODE_COLUMNS, self._codes())

    async def _codes(self) -> AsyncIterator[Sequence[Cell]]:
        cursor: int | None = 0
        while cursor is not None:
            page = await self._pricing.list_codes(ListCodes(cursor=cursor, limit=_MOST_CODES))
            for document in page.codes:
                yield _code(document)
            cursor = page.cursor


def _code(document: CodeDocument) -> Sequence[Cell]:
    code: DiscountCode = document.code
    got = code.buy_get
    return [
        *(code.code, code.title, code.kind, code.percent, amount(code.amount)),
        *(moment(code.starts), moment(code.ends)),
        *(amount(code.minimum_subtotal), code.minimum_quantity),
        *(code.max_redemptions, code.per_customer),
        *_scope(code.scope),
        *((got.buy, got.get, got.percent) if got else ("", "", "")),
        *_scope(got.gets if got else None),
        *("TRUE" if code.combinable else "FALSE", "TRUE" if code.enabled else "FALSE"),
        document.redeemed,
    ]


def _scope(scope: Scope | None) -> tuple[str, str]:
    if scope is None:
        return "", ""
    skus, categories = tuple(sorted(scope.skus)), tuple(sorted(scope.categories))
    return joined(skus, " | "), joined(categories, " | ")
