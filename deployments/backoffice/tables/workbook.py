"""Rows of a workbook (XLSX), which is an archive of XML and is trusted with nothing.

What it declares of its parts is looked at before anything is unpacked; nothing reads more of a part
than is declared. A document type declaration stands before a part's root element, so each part is
parsed up to that with a parser that refuses one: then there are no entities that could expand, or
name a file. What a sheet takes in memory is bounded by the process that reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from python_calamine import CalamineError, CalamineWorkbook

from deployments.backoffice.language import message
from deployments.backoffice.tables.limits import (
    MAX_CELL,
    MAX_ENTRIES,
    MAX_STRINGS_BYTES,
    MAX_UNPACKED_BYTES,
    UnreadableError,
    is_bomb,
)
from deployments.backoffice.tables.numbers import ExactNumber
from deployments.backoffice.tables.separated import Row

ARCHIVE = b"PK\x03\x04"
"""How every workbook begins."""
_ENCRYPTED = 1
_DIGITS = 9
"""Behind the point, of a number that a spreadsheet keeps as a binary fraction."""


def workbook_rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of the first sheet, the header first. Raises `UnreadableError`."""
    _check(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        sheet = book.get_sheet_by_index(0)
    except (CalamineError, OSError, IndexError) as why:
        raise _unreadable() from why
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts = [_text(cell) for cell in cells]
        if any(text.strip() for text in texts):
            yield number, texts


def _unreadable() -> UnreadableError:
    return UnreadableError(
        message("This is no workbook that can be read. Save it as XLSX again, or as CSV UTF-8.")
    )


def _check(file: BinaryIO) -> None:
    try:
        with ZipFile(file) as archive:
            _check_sizes(archive)
            for name in archive.namelist():
                if name.endswith((".xml", ".rels", ".vml")):
                    with archive.open(name) as part:
                        _check_beginning(part)
    except (BadZipFile, ParseError, NotImplementedError, RuntimeError, EOFError) as why:
        raise _unreadable() from why
    file.seek(0)


def _check_sizes(archive: ZipFile) -> None:
    entries = archive.infolist()
    strings = sum(one.file_size for one in entries if one.filename.endswith("sharedStrings.xml"))
    if (
        len(entries) > MAX_ENTRIES
        or sum(one.file_size for one in entries) > MAX_UNPACKED_BYTES
        or strings > MAX_STRINGS_BYTES
        or any(is_bomb(one.compress_size, one.file_size) for one in entries)
    ):
        raise UnreadableError(
            message("The workbook is too large when it is unpacked. Save it as CSV UTF-8.")
        )
    if any(one.flag_bits & _ENCRYPTED for one in entries):
        raise UnreadableError(message("The workbook is encrypted. Save it without a password."))


def _check_beginning(part: IO[bytes]) -> None:
    """Refuses a part with a document type: no spreadsheet writes one."""
    try:
        next(iter(iterparse(part, events=("start",), forbid_dtd=True)), None)
    except DefusedXmlException as why:
        raise UnreadableError(
            message("The workbook holds a document type declaration, which no spreadsheet writes.")
        ) from why


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return ExactNumber(cell)
    if isinstance(cell, float):
        return ExactNumber(format(Decimal(str(round(cell, _DIGITS))).normalize(), "f"))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell)[:MAX_CELL]
