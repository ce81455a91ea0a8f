"""Products as Shopify exports them, by the columns of before 2025 and those since.

A product's first row has its title and text; the others have its handle, and a variant, or only a
picture. A product without options has one called Title, whose value is Default Title. Variants
often have no SKU: they get one of their handle and options, which is the same the next time.
"""

from __future__ import annotations

from deployments.backoffice.formats.cells import Cells
from deployments.backoffice.formats.html_text import plain_text
from deployments.backoffice.formats.items import RowRefusedError
from deployments.backoffice.formats.naming import Option, made_sku, options_of
from deployments.backoffice.formats.pieces import Piece, Values
from deployments.backoffice.language import message

TAKEN = frozenset(
    (
        *("handle", "url handle", "title", "body (html)", "description", "type"),
        *("product category", "published", "published on online store", "status"),
        *("variant sku", "sku", "variant grams", "weight value (grams)", "variant price", "price"),
        *(f"option{n} {part}" for n in (1, 2, 3) for part in ("name", "value")),
    )
)
_STATES = {"active": "published", "draft": "draft", "archived": "archived", "unlisted": "draft"}
_NO_OPTION = ("title", "default title")


def is_shopify(columns: frozenset[str]) -> bool:
    """Whether a file's columns are those of Shopify."""
    before = {"handle", "variant price"} <= columns
    return before or {"url handle", "option1 value", "price"} <= columns


class ShopifyProducts:
    """Reads rows in their order: names of options, and the title, stand in a product's first."""

    def __init__(self) -> None:
        self._handle, self._title = "", ""
        self._options: list[str] = []

    def piece(self, cells: Cells) -> Piece:
        """What a row says."""
        handle = cells.name("handle", "url handle")
        if not handle:
            raise RowRefusedError(message("The handle is blank. Every row names its product."))
        if handle != self._handle:
            self._handle, self._options = handle, []
            self._title = cells.name("title")
        said = _product(cells)
        return Piece(cells.number, handle, said, self._variant(cells, handle))

    def _variant(self, cells: Cells, handle: str) -> Values | None:
        named = [cells.name(f"option{n} name") for n in (1, 2, 3)]
        self._options = named if any(named) else self._options
        values = [cells.name(f"option{n} value") for n in (1, 2, 3)]
        sku = cells.name("variant sku", "sku")
        price = "variant price" if "variant price" in cells else "price"
        if not any(values) and not sku and not cells.raw(price).strip():
            return None  # A picture.
        options = [
            one
            for one in options_of(zip(self._options, values, strict=False))
            if (one["name"].casefold(), one["label"].casefold()) != _NO_OPTION
        ]
        return self._said(cells, sku or made_sku(handle, options), price, options)

    def _said(self, cells: Cells, sku: str, price: str, options: list[Option]) -> Values:
        said: Values = {"sku": sku, "options": options}
        if (cents := cells.price(price)) is not None:
            said["price"] = cents
        for name in ("variant grams", "weight value (grams)"):
            if (grams := cells.number_in(name)) is not None:
                said["weight_grams"] = round(grams) or None
        return said


def _product(cells: Cells) -> Values:
    said: Values = {}
    if title := cells.name("title"):
        said["title"] = title
        said["description"] = plain_text(cells.content("body (html)", "description"))
        category = cells.name("product category") or cells.name("type")
        said["categories"] = [part.strip() for part in category.split(">") if part.strip()][:10]
        said["state"] = _state(cells)
    return said


def _state(cells: Cells) -> str:
    status = cells.name("status").casefold()
    shown = cells.name("published", "published on online store").casefold() != "false"
    state = _STATES.get(status, "draft") if status else "published"
    return state if shown or state == "archived" else "draft"
