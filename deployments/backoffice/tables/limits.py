"""How much a file may hold. What exceeds it is refused as a whole, with a sentence."""

from __future__ import annotations

MAX_FILE_BYTES = 64 * 2**20
MAX_ROWS = 250_000
MAX_COLUMNS = 400
MAX_CELL = 100_000
"""Characters of one cell."""
MAX_ENTRIES = 1000
MAX_UNPACKED_BYTES = 512 * 2**20
MAX_STRINGS_BYTES = 64 * 2**20
"""Of a workbook's shared strings, which are held in memory."""
MAX_RATIO = 250
"""How many times larger than in the file a part of a workbook may be. Sheets come to 30."""
_RATIO_COUNTS_FROM = 2**20


def is_bomb(packed: int, unpacked: int) -> bool:
    """Whether a part of an archive is out of all proportion; a small one may be."""
    return unpacked > _RATIO_COUNTS_FROM and unpacked > MAX_RATIO * max(packed, 1)


class UnreadableError(Exception):
    """The file cannot be read at all: a sentence of the catalogues, and its values."""

    def __init__(self, message: str, **values: str | int) -> None:
        super().__init__(message % values if values else message)
        self.message, self.values = message, values
