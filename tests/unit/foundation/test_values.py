"""How amounts of money and days read."""

from __future__ import annotations

from datetime import date

import pytest

from deployments.foundation.values.dates import format_days
from deployments.foundation.values.money import format_money


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123_456_789, "USD", "$1,234,567.89"),
        (-5, "USD", "-$0.05"),
        (0, "USD", "$0.00"),
        (100, "EUR", "\u20ac1.00"),
        (1_234, "JPY", "\u00a51,234"),
        (1_234, "BHD", "BHD1.234"),
    ],
)
def test_money_is_written_in_the_minor_unit_of_its_currency(
    amount: int, currency: str, text: str
) -> None:
    assert format_money(amount, currency) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 12, 1), date(2026, 12, 1), "Dec 1, 2026"),
        (date(2026, 12, 1), date(2026, 12, 3), "Dec 1 \u2013 3, 2026"),
        (date(2026, 11, 30), date(2026, 12, 3), "Nov 30 \u2013 Dec 3, 2026"),
        (date(2026, 12, 31), date(2027, 1, 4), "Dec 31, 2026 \u2013 Jan 4, 2027"),
    ],
)
def test_no_more_of_the_first_day_is_written_than_needed(
    first: date, last: date, text: str
) -> None:
    assert format_days(first, last) == text
