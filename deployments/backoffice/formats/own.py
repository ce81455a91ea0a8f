"""The store's own columns, as exports write them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployments.backoffice.formats.cells import Cells
from deployments.backoffice.formats.items import (
    CodeItem,
    PriceItem,
    RowRefusedError,
    StockItem,
)
from deployments.backoffice.formats.pieces import Piece, Values, valid
from deployments.backoffice.language import message
from deployments.catalog.contract.products import MAX_OPTIONS

OPTION_COLUMNS = 3
PRODUCT_COLUMNS = (
    *("product_id", "title", "description", "categories", "state"),
    *("sku", "variant_title", "variant_description", "price", "currency"),
    *(f"option{n}_{part}" for n in range(1, OPTION_COLUMNS + 1) for part in ("name", "value")),
    *("more_options", "weight_grams", "on_sale_from", "on_sale_until"),
)
PRICE_COLUMNS = ("sku", "title", "price", "currency", "starts")
STOCK_COLUMNS = (
    *("sku", "title", "location_id", "location", "on_hand", "available", "held", "sold"),
    *("incoming", "counted", "received", "adjust_by"),
)
CODE_COLUMNS = (
    *("code", "title", "kind", "percent", "amount", "starts", "ends"),
    *("minimum_subtotal", "minimum_quantity", "max_redemptions", "per_customer"),
    *("skus", "categories", "buy", "get", "get_percent", "get_skus", "get_categories"),
    *("combinable", "enabled", "redeemed"),
)
_STATES = {"published", "draft", "archived"}
_LIST = re.compile(r"(?<!\\)\|")
_PATH = re.compile(r"(?<!\\)>")


def joined(parts: tuple[str, ...], separator: str) -> str:
    """Names in one cell; the separator in a name has a backslash before it."""
    mark = separator.strip()
    return separator.join(part.replace(mark, f"\\{mark}") for part in parts)


def _parts(cell: str, splits: re.Pattern[str], mark: str) -> list[str]:
    names = (part.replace(f"\\{mark}", mark).strip() for part in splits.split(cell))
    return [name for name in names if name]


def product_piece(cells: Cells) -> Piece:
    """What a row says of a product and its variant."""
    key, sku = cells.name("product_id"), cells.name("sku")
    if not key:
        raise RowRefusedError(message("product_id is blank. Every row names its product."))
    return Piece(cells.number, key, _product(cells), _variant(cells, sku) if sku else None)


def _product(cells: Cells) -> Values:
    said: Values = {}
    if title := cells.content("title"):
        said["title"] = title
    if "description" in cells:
        said["description"] = cells.content("description")
    if "categories" in cells:
        said["categories"] = _parts(cells.content("categories"), _PATH, ">")
    if state := cells.name("state").lower():
        if state not in _STATES:
            raise RowRefusedError(
                message("The state is “%(state)s”: write published, draft or archived."),
                state=state,
            )
        said["state"] = state
    return said


def _variant(cells: Cells, sku: str) -> Values:
    cells.check_currency("currency")
    said: Values = {"sku": sku}
    if title := cells.content("variant_title"):
        said["title"] = title
    if text := cells.content("variant_description"):
        said["description"] = text
    if (price := cells.price("price")) is not None:
        said["price"] = price
    if "option1_name" in cells:
        said["options"] = _options(cells)
    if "weight_grams" in cells:
        said["weight_grams"] = cells.whole("weight_grams")
    for name in ("on_sale_from", "on_sale_until"):
        if name in cells:
            said[name] = cells.moment(name)
    return said


def _options(cells: Cells) -> list[dict[str, str]]:
    pairs = [
        (cells.name(f"option{n}_name"), cells.name(f"option{n}_value"))
        for n in range(1, MAX_OPTIONS + 1)
    ]
    found = [{"name": name, "label": label} for name, label in pairs if name and label]
    if more := cells.name("more_options"):
        try:
            found += [{"name": str(name), "label": str(label)} for name, label in json.loads(more)]
        except (ValueError, TypeError):
            raise RowRefusedError(
                message("more_options is not a list as an export writes it.")
            ) from None
    return found


def price_items(cells: Cells) -> Iterator[PriceItem]:
    """What a SKU shall cost; nothing where the price is blank."""
    cells.check_currency("currency")
    price, starts = cells.price("price"), cells.moment("starts")
    sku = cells.name("sku", "variant sku", "variant_sku")
    if price is not None:
        said = {"row": cells.number, "sku": sku, "price": price, "starts": starts}
        yield valid(PriceItem, said)


_ACTIONS = {"counted": "count", "received": "receive", "adjust_by": "adjust"}


def stock_items(cells: Cells) -> Iterator[StockItem]:
    """What was counted, has arrived or is corrected; nothing where all of these are blank."""
    numbers = {name: cells.whole(name) for name in _ACTIONS}
    told = {name: number for name, number in numbers.items() if number is not None}
    if not told:
        return
    if len(told) > 1:
        raise RowRefusedError(
            message("Fill in one of counted, received and adjust_by, and leave the others blank.")
        )
    ((name, number),) = told.items()
    if number < 0 and name != "adjust_by":
        raise RowRefusedError(message("%(column)s is below zero."), column=name)
    if number == 0 and name != "counted":
        return
    location = cells.whole("location_id")
    if location is None:
        raise RowRefusedError(message("location_id is blank. The export names every location."))
    said = {
        "row": cells.number,
        "sku": cells.name("sku"),
        "location_id": location,
        "action": _ACTIONS[name],
        "number": number,
        "expected": cells.whole("on_hand") if name == "counted" else None,
    }
    yield valid(StockItem, said)


def code_items(cells: Cells) -> Iterator[CodeItem]:
    """What a discount code shall be."""
    code = cells.name("code")
    said = {name: value for name, value in _code(cells) if value is not None}
    for name in ("max_redemptions", "per_customer"):
        if name in cells and not cells.raw(name).strip():
            said[name] = None
    yield valid(CodeItem, {"row": cells.number, "code": code, "said": said})


def _code(cells: Cells) -> Iterator[tuple[str, Any]]:
    for name in ("title", "kind", "percent"):
        if cell := cells.name(name):
            yield (
                name,
                cell.replace(",", ".").removesuffix("%").strip() if name == "percent" else cell,
            )
    for name in ("amount", "minimum_subtotal"):
        yield name, cells.price(name)
    for name in ("minimum_quantity", "max_redemptions", "per_customer"):
        yield name, cells.whole(name)
    for name in ("starts", "ends"):
        if moment := cells.moment(name):
            yield name, moment.isoformat()
    yield from ((name, cells.truth(name)) for name in ("combinable", "enabled") if cells.raw(name))
    if "skus" in cells or "categories" in cells:
        yield "scope", _scope(cells, "skus", "categories")
    if (buy := cells.whole("buy")) is not None:
        yield "buy_get", _buy_get(cells, buy)


def _scope(cells: Cells, skus: str, categories: str) -> dict[str, list[str]]:
    return {
        "skus": _parts(cells.content(skus), _LIST, "|"),
        "categories": _parts(cells.content(categories), _LIST, "|"),
    }


def _buy_get(cells: Cells, buy: int) -> Mapping[str, Any]:
    gets = _scope(cells, "get_skus", "get_categories")
    return {
        "buy": buy,
        "get": cells.whole("get") or 1,
        "percent": cells.name("get_percent").replace(",", ".") or "100",
        "gets": gets if gets["skus"] or gets["categories"] else None,
    }
