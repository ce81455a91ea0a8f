"""Which encoding a text file has: spreadsheets write several, and say little about it.

A byte order mark says it. Without one, what is valid UTF-8 is UTF-8, since hardly any other text
is; every second byte NUL is UTF-16; the rest is Windows-1252, what Western spreadsheets write.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO

from deployments.backoffice.language import message
from deployments.backoffice.tables.limits import UnreadableError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AT_ONCE = 2**20
_HEAD = 1000


def encoding_of(file: BinaryIO) -> str:
    """The encoding by Python's name; the file is at its beginning again. `UnreadableError`."""
    head = file.read(_HEAD)
    file.seek(0)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    wide = _wide(head)
    for name in (marked,) if marked else (wide,) if wide else ("utf-8", "cp1252"):
        if name is not None and _decodes(file, name):
            return name
    raise UnreadableError(
        message("The file's encoding is not known. Save it as CSV UTF-8, or as a workbook (XLSX).")
    )


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: half of its bytes are NUL where the text is Western."""
    pairs = max(1, len(head) // 2)
    if head[1::2].count(0) * 2 > pairs:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) * 2 > pairs else None


def _decodes(file: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while part := file.read(_AT_ONCE):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True
