"""The products that the store ships with."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from deployments.catalog.contract import CatalogApi, ImportProducts, OptionValue, Product, Variant
from deployments.foundation.values.money import cents, round_half_up
from deployments.foundation.values.shipped import BATCH, SHIPPED, rows

_GRAMS = {"LB": Decimal("453.59237"), "G": Decimal(1)}
_SIZE_UNITS = {"Centimeter": " cm", "Ounce": " oz", None: ""}
_log = logging.getLogger(__name__)


def products(directory: Path = SHIPPED) -> tuple[Product, ...]:
    """The catalogue. Prices are rounded half up to the cent; variants' ids are their SKUs."""
    return tuple(_product(row) for row in rows("catalog.jsonl", directory))


def _product(row: dict[str, Any]) -> Product:
    names = (row["category"], row["subcategory"])
    return Product(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        categories=tuple(name for name in names if name is not None),
        variants=tuple(_variant(row["id"], variant) for variant in row["variants"]),
    )


def _variant(product_id: str, row: dict[str, Any]) -> Variant:
    return Variant(
        id=row["sku"],
        sku=row["sku"],
        product_id=product_id,
        title=row["title"],
        price=cents(row["list_price"]),
        currency=row["currency"],
        options=tuple(_options(row)),
        weight_grams=_weight(row["weight"], row["weight_unit"]),
    )


def _options(row: dict[str, Any]) -> Iterator[OptionValue]:
    if row["color"] is not None:
        yield OptionValue(name="Color", label=row["color"])
    if row["size"] is not None:
        yield OptionValue(name="Size", label=row["size"] + _SIZE_UNITS[row["size_unit"]])


def _weight(weight: str | None, unit: str | None) -> int | None:
    if weight is None or unit is None:
        return None
    return round_half_up(Decimal(weight) * _GRAMS[unit])


async def seed(catalog: CatalogApi) -> None:
    """Take in what is shipped; nothing if this store has it."""
    shipped = products()
    imported = await catalog.import_products(ImportProducts(batch=BATCH, products=shipped))
    if imported.count:
        _log.info(
            "loaded %d variants of %d products",
            sum(len(product.variants) for product in shipped),
            len(shipped),
        )
