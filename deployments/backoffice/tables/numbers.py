"""Numbers as spreadsheets write them: 1,234.50, or 1.234,50, or 1 234,50 €.

Whether a comma divides the fraction off or groups digits, the whole file says: a number that can be
read in one way alone decides for those that can be read in two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

Mark = Literal[".", ","]
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_AMOUNT = re.compile(
    r"(?P<before>[A-Z]{3}|[€$£¥])?\s*(?P<number>[-+]?[.,]?\d[\d.,'\u2019\s]*)\s*(?P<after>[A-Z]{3}|[€$£¥])?"
)
_BLANKS = re.compile(r"[\s'\u2019]")
_GROUPED = {
    mark: re.compile(rf"[-+]?\d{{1,3}}({re.escape(group)}\d{{3}})+({re.escape(mark)}\d*)?")
    for mark, group in ((".", ","), (",", "."))
}
_PLAIN = {
    mark: re.compile(rf"[-+]?(\d+({re.escape(mark)}\d*)?|{re.escape(mark)}\d+)")
    for mark in (".", ",")
}
_LONGEST = 40


class ExactNumber(str):
    """A number that its file holds as one, written with a point: nobody's habits are in it."""

    __slots__ = ()


class NotANumberError(ValueError):
    """The cell holds no number, or one that this file's habits do not explain."""


def currency_of(cell: str) -> str | None:
    """The currency that stands beside a number, as ISO 4217 has it; none if there is none."""
    found = _AMOUNT.fullmatch(cell.strip()[:_LONGEST])
    named = found and (found["before"] or found["after"])
    return _SIGNS.get(named, named) if named else None


def decimal_of(cell: str, mark: Mark) -> Decimal:
    """The number, in which `mark` divides the fraction off. Raises `NotANumberError`."""
    if isinstance(cell, ExactNumber):
        return Decimal(cell)
    text = _bare(cell)
    other: Mark = "," if mark == "." else "."
    if _PLAIN[mark].fullmatch(text) or _GROUPED[mark].fullmatch(text):
        return Decimal(text.replace(other, "").replace(mark, "."))
    raise NotANumberError(cell)


def mark_of(cells: Iterable[str], default: Mark) -> Mark:
    """What divides fractions off in these cells; `default` where none of them tells."""
    votes = Counter(told for cell in cells if (told := _told(cell)) is not None)
    return max(votes, key=lambda one: votes[one]) if votes else default


def _bare(cell: str) -> str:
    found = _AMOUNT.fullmatch(cell.strip()[:_LONGEST])
    if found is None:
        raise NotANumberError(cell)
    return _BLANKS.sub("", found["number"])


def _told(cell: str) -> Mark | None:
    """The one mark by which the number can be read; none if both do, or neither."""
    if isinstance(cell, ExactNumber) or not cell.strip():
        return None
    readable: list[Mark] = []
    for mark in (".", ","):
        try:
            decimal_of(cell, mark)
        except NotANumberError:
            continue
        readable.append(mark)
    return readable[0] if len(readable) == 1 else None
