"""Products as Medusa exports them: version 2 with commas, and version 1 with semicolons.

Each row has a product's columns and a variant's. There is a column of prices for every currency,
and for regions, which are left out. Version 1 writes minor units, version 2 major ones.
"""

from __future__ import annotations

from deployments.backoffice.formats.cells import Cells
from deployments.backoffice.formats.html_text import plain_text
from deployments.backoffice.formats.items import RowRefusedError
from deployments.backoffice.formats.naming import made_sku, options_of, variant_title
from deployments.backoffice.formats.pieces import Piece, Values
from deployments.backoffice.language import message
from deployments.foundation.values.money import STORE_CURRENCY

_OPTIONS = 10
_CATEGORIES = 10
_PRICE = f"variant price {STORE_CURRENCY}".casefold()
_PRICE_IN_CENTS = f"price {STORE_CURRENCY}".casefold()
_STATES = {"published": "published", "archived": "archived"}
_ID = "pcat_"
TAKEN = frozenset(
    (
        *("product handle", "product title", "product description", "product status"),
        *("product weight", "variant title", "variant sku", "variant weight"),
        *(_PRICE, _PRICE_IN_CENTS),
        *(f"product category {n}" for n in range(1, _CATEGORIES + 1)),
        *(f"product category {n} name" for n in range(1, _CATEGORIES + 1)),
        *(
            f"{v}option {n} {part}"
            for v in ("", "variant ")
            for n in range(1, _OPTIONS + 1)
            for part in ("name", "value")
        ),
    )
)


def is_medusa(columns: frozenset[str]) -> bool:
    """Whether a file's columns are those of Medusa."""
    return {"product handle", "product title", "variant title"} <= columns


class MedusaProducts:
    """Reads rows, each of which stands for itself."""

    def piece(self, cells: Cells) -> Piece:
        """What a row says."""
        handle = cells.name("product handle")
        if not handle:
            raise RowRefusedError(message("The handle is blank. Every row names its product."))
        title = cells.name("product title")
        said: Values = {"state": _STATES.get(cells.name("product status").casefold(), "draft")}
        if title:
            said["title"] = title
        if "product description" in cells:
            said["description"] = plain_text(cells.content("product description"))
        if found := _categories(cells):
            said["categories"] = found
        return Piece(cells.number, handle, said, _variant(cells, handle, title))


def _categories(cells: Cells) -> list[str]:
    names = (
        cells.name(f"product category {n} name", f"product category {n}")
        for n in range(1, _CATEGORIES + 1)
    )
    return [name for name in names if name and not name.startswith(_ID)]


def _variant(cells: Cells, handle: str, title: str) -> Values:
    options = options_of(
        (
            cells.name(f"variant option {n} name", f"option {n} name"),
            cells.name(f"variant option {n} value", f"option {n} value"),
        )
        for n in range(1, _OPTIONS + 1)
    )
    said: Values = {
        "sku": cells.name("variant sku") or made_sku(handle, options),
        "title": variant_title(title, options) or cells.name("variant title"),
        "options": options,
    }
    cents = cells.whole(_PRICE_IN_CENTS)
    price = cells.price(_PRICE) if cents is None else cents
    if price is None and not ({_PRICE, _PRICE_IN_CENTS} & TAKEN & _columns(cells)):
        raise RowRefusedError(
            message("There is no column of prices in %(currency)s."), currency=STORE_CURRENCY
        )
    if price is not None:
        said["price"] = price
    weight = cells.number_in("variant weight") or cells.number_in("product weight")
    if weight is not None:
        said["weight_grams"] = round(weight)
    return said


def _columns(cells: Cells) -> frozenset[str]:
    return frozenset(name for name in (_PRICE, _PRICE_IN_CENTS) if name in cells)
