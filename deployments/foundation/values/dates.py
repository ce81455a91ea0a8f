"""Days as the store's buyers read them."""

from __future__ import annotations

from datetime import date

from babel.dates import format_interval

_LOCALE = "en_US"
_THIN_SPACE = "\u2009"


def format_days(first: date, last: date) -> str:
    """From one day to another, as CLDR writes it: `Dec 1, 2026` or `Nov 30 - Dec 2, 2026`.

    The dash is an en dash, and the spaces around it are ordinary ones, which every mail program
    and terminal shows alike.
    """
    days = format_interval(first, last, "yMMMd", locale=_LOCALE)
    return days.replace(_THIN_SPACE, " ")
