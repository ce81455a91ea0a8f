"""Products as WooCommerce exports them.

A `variable` row is a product without a price; each `variation` names it in `Parent`, by its SKU or
as `id:44`, and may stand anywhere. Everything else that can be bought is a product of its own. The
unit of weight stands in the column's name. A price reduced for a time is left out: the store plans
prices, but has no end for them. One that is reduced for good is the price.
"""

from __future__ import annotations

import re
from decimal import Decimal

from deployments.backoffice.formats.cells import Cells
from deployments.backoffice.formats.html_text import plain_text
from deployments.backoffice.formats.items import RowRefusedError
from deployments.backoffice.formats.naming import options_of
from deployments.backoffice.formats.pieces import Piece, Values
from deployments.backoffice.language import message

_ATTRIBUTES = 10
_GRAMS = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lbs": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
TAKEN = frozenset(
    (
        *("id", "type", "sku", "name", "published", "short description", "description"),
        *("date sale price starts", "date sale price ends", "sale price", "regular price"),
        *("categories", "parent"),
        *(f"weight ({unit})" for unit in _GRAMS),
        *(
            f"attribute {n} {part}"
            for n in range(1, _ATTRIBUTES + 1)
            for part in ("name", "value(s)")
        ),
    )
)
_STATES = {"1": "published", "0": "draft", "-1": "draft"}
_COMMA = re.compile(r"(?<!\\),")
_NOT_SOLD = {"grouped", "external"}
_NO_PARENT = {"variable", "simple", "subscription", "variable-subscription"}


def is_woocommerce(columns: frozenset[str]) -> bool:
    """Whether a file's columns are those of WooCommerce."""
    return {"type", "sku", "regular price"} <= columns


class WooCommerceProducts:
    """Reads rows in any order."""

    def piece(self, cells: Cells) -> Piece:
        """What a row says."""
        kinds = {part.strip() for part in cells.name("type").casefold().split(",")}
        if found := kinds & _NOT_SOLD:
            raise RowRefusedError(
                message("A product of the type %(type)s is not sold here by itself."),
                type=found.pop(),
            )
        sku = cells.name("sku") or _made(cells)
        if not sku:
            raise RowRefusedError(message("The row has neither an ID nor a SKU."))
        if "variation" in kinds:
            return self._variation(cells, sku)
        aliases = (sku, *((f"id:{cells.name('id')}",) if cells.name("id") else ()))
        is_variable = bool(kinds & {"variable", "variable-subscription"})
        variant = None if is_variable else _variant(cells, sku)
        return Piece(cells.number, sku, _product(cells), variant, aliases)

    def _variation(self, cells: Cells, sku: str) -> Piece:
        parent = cells.name("parent")
        if not parent:
            raise RowRefusedError(message("The variation names no parent."))
        variant = _variant(cells, sku)
        if name := cells.name("name"):
            variant["title"] = name
        return Piece(cells.number, parent, {}, variant)


def _made(cells: Cells) -> str:
    return f"woo-{cells.name('id')}" if cells.name("id") else ""


def _product(cells: Cells) -> Values:
    said: Values = {"state": _STATES.get(cells.name("published"), "draft")}
    if title := cells.name("name"):
        said["title"] = title
    if "description" in cells:
        said["description"] = plain_text(cells.content("description", "short description"))
    if "categories" in cells:
        # The first of several: a product of the store has one path.
        first = _COMMA.split(cells.name("categories"))[0]
        said["categories"] = [part.strip() for part in first.split(">") if part.strip()][:10]
    return said


def _variant(cells: Cells, sku: str) -> Values:
    pairs = [
        (cells.name(f"attribute {n} name"), cells.name(f"attribute {n} value(s)"))
        for n in range(1, _ATTRIBUTES + 1)
    ]
    # Several values stand with a product, of which variants have one each.
    single = [
        (name, value.replace("\\,", ",")) for name, value in pairs if not _COMMA.search(value)
    ]
    said: Values = {"sku": sku, "options": options_of(single)}
    if (price := _price(cells)) is not None:
        said["price"] = price
    for unit, grams in _GRAMS.items():
        if (weight := cells.number_in(f"weight ({unit})")) is not None:
            said["weight_grams"] = round(weight * grams)
    return said


def _price(cells: Cells) -> int | None:
    regular, sale = cells.price("regular price"), cells.price("sale price")
    for_a_time = cells.name("date sale price starts", "date sale price ends")
    return sale if sale is not None and not for_a_time else regular
