"""Workbooks are read as spreadsheets write them; what is made to do harm is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date

import pytest
import xlsxwriter

from deployments.backoffice.formats.items import PriceItem
from deployments.backoffice.formats.reading import read
from deployments.backoffice.imports.file_reader import file_being_read
from deployments.backoffice.tables.limits import MAX_ENTRIES, UnreadableError
from deployments.backoffice.tables.workbook import workbook_rows

ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)


def workbook(*rows: list[object]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


def changed(content: bytes, name: str, text: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook with another text in one of its parts, or with one part more."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(file, "w", method) as target,
    ):
        for one in source.namelist():
            if one != name:
                target.writestr(one, source.read(one))
        target.writestr(name, text)
    return file.getvalue()


GOOD = workbook(["sku", "price", "starts"], ["X-1", 19.99, ""], [12345, "7,50", date(2036, 1, 2)])


def test_cells_are_what_they_are() -> None:
    entries = list(read(io.BytesIO(GOOD), "prices").entries)
    assert [(one.sku, one.price) for one in entries if isinstance(one, PriceItem)] == [
        ("X-1", 1999)
    ]
    # Text that can be read in one way only is read so in another file; here a point is meant.
    rows = list(workbook_rows(io.BytesIO(GOOD)))
    assert rows[2] == (3, ["12345", "7,50", "2036-01-02"])


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    content = workbook([], [], ["sku", "price"], [], ["X-1", 1])
    assert [number for number, _ in workbook_rows(io.BytesIO(content))] == [3, 5]


@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_wherever_they_stand(name: str, encoding: str) -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        text = archive.read(name).decode()
    body = text[text.index("?>") + 2 :]
    comment = f"<!-- {'x' * 100_000} -->"
    evil = f'<?xml version="1.0" encoding="{encoding}"?>{comment}{ENTITIES}{body}'
    with pytest.raises(UnreadableError, match="document type"):
        list(workbook_rows(io.BytesIO(changed(GOOD, name, evil.encode(encoding)))))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = changed(GOOD, "xl/media/zeros.bin", b"\0" * (64 * 2**20))
    assert len(bomb) < 200_000
    with pytest.raises(UnreadableError, match="too large"):
        list(workbook_rows(io.BytesIO(bomb)))


def test_many_entries_and_a_password_are_refused() -> None:
    file = io.BytesIO(GOOD)
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(MAX_ENTRIES):
            archive.writestr(f"xl/{number}", b"")
    with pytest.raises(UnreadableError, match="too large"):
        list(workbook_rows(file))
    locked = bytearray(GOOD)
    for at in (n for n in range(len(locked)) if locked[n : n + 4] == b"PK\x01\x02"):
        locked[at + 8] |= 1
    with pytest.raises(UnreadableError, match="encrypted"):
        list(workbook_rows(io.BytesIO(bytes(locked))))


@pytest.mark.parametrize("cut", [10, 100, -200, -30, -1])
def test_half_a_workbook_is_none(cut: int) -> None:
    with pytest.raises(UnreadableError):
        list(workbook_rows(io.BytesIO(GOOD[:cut])))


async def test_a_sheet_that_takes_all_memory_ends_its_reader_alone() -> None:
    """One cell in the last row and column makes a sheet of 17 thousand million cells."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    evil = changed(GOOD, "xl/worksheets/sheet1.xml", text.replace("</sheetData>", far).encode())

    async def parts() -> AsyncIterator[bytes]:
        yield evil

    with pytest.raises(UnreadableError, match="memory or time"):
        async with file_being_read("prices", parts()) as file:
            assert [one async for one in file.entries()] == []
