"""Working days, Monday to Friday, and how a span of days reads.

Public holidays are not known here; a method's transit days are stated with that in mind.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

_SATURDAY = 5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def working_days_after(day: date, count: int) -> date:
    """The `count`-th working day after a day."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY:
            count -= 1
    return day


def noon(day: date) -> datetime:
    """A day as a moment: noon UTC, which is that same day from Hawaii to Sydney."""
    return datetime.combine(day, time(12), UTC)


def span(first: date, last: date) -> str:
    """`Dec 1`, `Dec 1-3` or `Nov 30 - Dec 2`."""
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{_day(first)}-{last.day}"
    return f"{_day(first)} - {_day(last)}"


def _day(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day}"
