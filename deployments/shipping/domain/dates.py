"""Working days, Monday to Friday.

Public holidays are not known here; a method's transit days are stated with that in mind.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

_SATURDAY = 5


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
