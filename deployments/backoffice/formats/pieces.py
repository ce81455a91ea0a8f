"""Rows of products, gathered into products: a file may tell of one in many places.

They are gathered in a database of its own that lies on the disk, has no name and goes with the
process: 100,000 rows take as much memory as a few.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from deployments.backoffice.formats.items import (
    ProductItem,
    RefusedRow,
    RowRefusedError,
    VariantPart,
)
from deployments.backoffice.language import message

_CACHE_KIBIBYTES = -8192
_IN_ORDER = """
SELECT key, row, said, variant FROM (
  SELECT coalesce((SELECT key FROM aliases WHERE alias = pieces.key), pieces.key) AS key,
         row, said, variant FROM pieces)
ORDER BY min(row) OVER (PARTITION BY key), key, row
"""
Values = dict[str, Any]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Piece:
    """What one row says: of the product that `key` names, and of a variant of it.

    `aliases` are what other rows call the product by.
    """

    row: int
    key: str
    said: Values = field(default_factory=dict)
    variant: Values | None = None
    aliases: tuple[str, ...] = ()


class Pieces:
    """The pieces of a file."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute(f"PRAGMA cache_size = {_CACHE_KIBIBYTES}")
        self._db.executescript(
            "CREATE TABLE pieces (row INTEGER PRIMARY KEY, key TEXT, said TEXT, variant TEXT);"
            "CREATE TABLE aliases (alias TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID;"
        )

    def add(self, piece: Piece) -> None:
        """Note what a row says."""
        variant = None if piece.variant is None else json.dumps(piece.variant, default=str)
        said = json.dumps(piece.said, default=str)
        self._db.execute(
            "INSERT INTO pieces VALUES (?, ?, ?, ?)", (piece.row, piece.key, said, variant)
        )
        for alias in piece.aliases:
            self._db.execute("INSERT OR IGNORE INTO aliases VALUES (?, ?)", (alias, piece.key))

    def count(self) -> int:
        """How many products there are."""
        query = f"SELECT count(DISTINCT key) FROM ({_IN_ORDER})"  # noqa: S608 - nothing of a file is in it.
        return int(self._db.execute(query).fetchone()[0])

    def products(self) -> Iterator[ProductItem | RefusedRow]:
        """The products, in the order in which the file first tells of them."""
        gathered: list[tuple[str, int, str, str | None]] = []
        for piece in self._db.execute(_IN_ORDER):
            if gathered and gathered[0][0] != piece[0]:
                yield from _product(gathered)
                gathered = []
            gathered.append(piece)
        if gathered:
            yield from _product(gathered)
        self._db.close()


def _product(pieces: list[tuple[str, int, str, str | None]]) -> Iterator[ProductItem | RefusedRow]:
    key, row = pieces[0][0], pieces[0][1]
    said: Values = {}
    variants: list[VariantPart] = []
    rows: dict[str, int] = {}
    for _, number, told, variant in pieces:
        said = {**json.loads(told), **said}
        if variant is None:
            continue
        try:
            part = _variant(number, json.loads(variant), rows)
        except RowRefusedError as no:
            yield refused(number, key, no)
        else:
            variants.append(part)
    if not variants and rows:
        return
    try:
        yield valid(ProductItem, {"row": row, "id": key, "variants": variants, **said})
    except RowRefusedError as no:
        yield refused(row, key, no)


def _variant(number: int, said: Values, rows: dict[str, int]) -> VariantPart:
    sku = str(said["sku"])
    if sku in rows:
        raise RowRefusedError(
            message("The SKU %(sku)s stands in row %(row)s already."), sku=sku, row=rows[sku]
        )
    rows[sku] = number
    return valid(VariantPart, {"row": number, **said})


def refused(row: int, subject: str, no: RowRefusedError) -> RefusedRow:
    """A row that makes no sense, as the report tells it."""
    return RefusedRow(row=row, subject=subject[:300], message=no.message, values=no.values)


def valid(model: type[M], values: Values) -> M:
    """The values as a model, or `RowRefusedError` with the first thing that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as mistakes:
        first = mistakes.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise RowRefusedError(
            message("%(field)s is not valid: %(why)s."), field=name, why=first["msg"]
        ) from None
