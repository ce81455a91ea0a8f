"""Rows as a file that is written while they come: CSV in UTF-8, or a workbook.

Text is shielded in both, so that no cell runs as a formula. CSV begins with a byte order mark, by
which spreadsheets know the encoding.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Literal

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from deployments.backoffice.tables.safe_cells import shielded

Cell = str | int | Decimal | None
FileFormat = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[FileFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_AT_ONCE = 200
_PART_BYTES = 256 * 1024
_BOM = "\ufeff"
_MOST_ROWS = 1_048_576
"""Of a sheet."""


@dataclass(frozen=True)
class Table:
    """Columns, and rows that come as they are asked for."""

    columns: Sequence[str]
    rows: AsyncIterator[Sequence[Cell]]


async def written(table: Table, as_: FileFormat) -> AsyncIterator[bytes]:
    """The file, part by part."""
    parts = _csv(table) if as_ == "csv" else _workbook(table)
    async for part in parts:
        yield part


async def _batches(rows: AsyncIterator[Sequence[Cell]]) -> AsyncIterator[list[Sequence[Cell]]]:
    batch: list[Sequence[Cell]] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    yield batch


async def _csv(table: Table) -> AsyncIterator[bytes]:
    yield (_BOM + _lines([list(table.columns)])).encode()
    async for batch in _batches(table.rows):
        yield _lines(batch).encode()


def _lines(rows: Sequence[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return shielded(cell)
    return "" if cell is None else str(cell)


async def _workbook(table: Table) -> AsyncIterator[bytes]:
    """A workbook can be sent when it is complete: till then it is in a file without a name."""
    with tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": False})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        _write(sheet, 0, [list(table.columns)])
        number = 1
        async for batch in _batches(table.rows):
            await asyncio.to_thread(_write, sheet, number, batch)
            number += len(batch)
        await asyncio.to_thread(book.close)
        file.seek(0)
        while part := await asyncio.to_thread(_read, file):
            yield part


def _read(file: IO[bytes]) -> bytes:
    return file.read(_PART_BYTES)


def _write(sheet: Worksheet, first: int, rows: Sequence[Sequence[Cell]]) -> None:
    for number, row in enumerate(rows, first):
        if number >= _MOST_ROWS:
            raise OverflowError("a sheet has no room for more rows; take the export as CSV")
        for place, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(number, place, shielded(cell))
            elif cell is not None:
                sheet.write_number(number, place, float(cell))
