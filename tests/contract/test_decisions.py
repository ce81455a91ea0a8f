"""Every decision has a number, a title, a status and a date, and is in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))


def row(record: Path) -> str:
    """The record's line in the index."""
    title, _, status = record.read_text().splitlines()[:3]
    number, name = title.removeprefix("# ").split(". ", 1)
    (date,) = re.findall(r"\d{4}-\d\d-\d\d", status)
    return f"| [{number}]({record.name}) | {name} | {date} |"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_says_what_about_and_whether_it_holds(record: Path) -> None:
    title, blank, status = record.read_text().splitlines()[:3]
    assert re.fullmatch(rf"# {int(record.name[:4])}\. .{{10,80}}", title)
    assert blank == ""
    assert re.match(
        r"Status: (accepted|proposed|replaced by record \d+), \d{4}-\d\d-\d\d\.", status
    )


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_records_that_a_record_names_exist(record: Path) -> None:
    numbers = {int(one.name[:4]) for one in RECORDS}
    assert {int(n) for n in re.findall(r"[Rr]ecords? (\d+)", record.read_text())} <= numbers


def test_the_index_lists_every_record_in_turn() -> None:
    listed = [
        line for line in (DECISIONS / "README.md").read_text().splitlines() if line[:3] == "| ["
    ]
    assert listed == [row(record) for record in RECORDS]


def test_no_two_records_have_one_number() -> None:
    """A number that is missing is taken by somebody whose record has not landed yet."""
    numbers = [int(record.name[:4]) for record in RECORDS]
    assert numbers == sorted(set(numbers))
