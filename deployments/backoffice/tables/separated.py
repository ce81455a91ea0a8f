"""Rows of a text file whose cells are separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from deployments.backoffice.language import message
from deployments.backoffice.tables.encodings import encoding_of
from deployments.backoffice.tables.limits import MAX_CELL, UnreadableError

SEPARATORS = (",", ";", "\t")
_SAYS_SEPARATOR = "sep="
Row = tuple[int, list[str]]
"""A row's number, as a spreadsheet shows it, and its cells. The header is row 1."""


def separated_rows(file: BinaryIO) -> tuple[str, Iterator[Row]]:
    """The separator, and all rows, the header first. `UnreadableError` for what is no such file."""
    text = io.TextIOWrapper(file, encoding=encoding_of(file), newline="")
    first = text.readline(MAX_CELL)
    if first.lower().startswith(_SAYS_SEPARATOR):
        # Excel's own way to say it, which stands before the header.
        separator = first.rstrip("\r\n")[len(_SAYS_SEPARATOR) :][:1] or ","
        return separator, _rows(text, separator)
    text.seek(0)
    return (separator := _separator_of(first)), _rows(text, separator)


def _separator_of(header: str) -> str:
    """What divides the header into the most columns."""
    return max(SEPARATORS, key=lambda one: len(next(csv.reader([header], delimiter=one), [])))


def _rows(text: io.TextIOWrapper, separator: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(text, delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as mistake:
        raise UnreadableError(
            message("Row %(row)s cannot be read: %(why)s. Is a quotation mark missing?"),
            row=number + 1,
            why=str(mistake),
        ) from None
    finally:
        text.detach()
