"""Medians, spreads, ratios and counts are those of the turns."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from commands.bench.report.summary import Figure, Summary, figure, total
from commands.bench.report.table import number, ratio, show, spread, warnings
from commands.page import ConsolePage
from tests.unit.bench.sample_runs import measurement, run, turn

BOTH = run([turn("one"), turn("apart"), turn("one", 1.2), turn("apart", 0.8)])


def test_a_figure_is_the_median_with_its_spread() -> None:
    assert figure([3.0, 1.0, 2.0]) == Figure(2.0, 1.0, 3.0)
    assert figure([]) is None


def test_rates_are_compared_at_sixteen_connections() -> None:
    summary = Summary(BOTH)
    assert summary.placements == ["one", "apart"]
    assert (summary.levels, summary.level) == ([16], 16)
    assert summary.cell("one", "product", 16).rate == Figure(110.0, 100.0, 120.0)
    assert summary.to_one("apart", "product") == pytest.approx(18 / 110)
    assert summary.to_ceiling("apart", "product") == pytest.approx(1 / 100)
    assert summary.to_one("together", "product") is None


def test_a_purchase_costs_what_follows_it_too() -> None:
    summary = Summary(BOTH)
    cell = summary.cell("apart", "purchase", 16)
    units = sum(one.purchases for one in cell.followed)
    assert units == 72
    assert total(cell.cpu()) == pytest.approx(2 * 5.0 * 1000 / units)
    assert cell.cpu()["services"] == pytest.approx(2 * 3.0 * 1000 / units)


def test_calls_leave_the_process_where_services_are_apart() -> None:
    summary = Summary(BOTH)
    assert summary.handle_calls("apart", "purchase") == 2
    assert summary.handle_calls("one", "purchase") == 0


def test_what_went_wrong_and_who_else_was_busy_is_said() -> None:
    bad = measurement(
        "product",
        10,
        trouble={"500": 3},
        cpu={"store": 1.0, "load": 1.9, "others on the machine": 2.0},
    )
    found = list(warnings(Summary(run([turn("one").model_copy(update={"measurements": (bad,)})]))))
    assert "product read at 16, one process: 3 went wrong." in found
    assert any("the load took 0.95 of its cores" in line for line in found)
    assert any("up to 1.0 cores" in line for line in found)
    assert not list(warnings(Summary(BOTH)))


def test_the_table_shows_every_row_once_in_each_placement() -> None:
    written = io.StringIO()
    console = Console(file=written, highlight=False, markup=False, emoji=False)
    show(ConsolePage(console, width=300), Summary(BOTH))
    text = written.getvalue()
    assert "abcdef0123, 2026-11-28 12:30 UTC, A processor, 2 cores" in text
    assert text.count("whole purchase, 5 requests") == 1
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    first = next(number for number, line in enumerate(lines) if "product read" in line)
    one, apart = lines[first : first + 2]
    assert one[2:4] == ["one process", "110 9.17 27.5"]
    assert apart[2:4] == ["apart", "18.0 56.2 169"]
    assert apart[-3:-1] == ["0.16", "0.01"]


def test_numbers_have_three_digits_that_count() -> None:
    assert [number(value) for value in (None, 0.1234, 12.34, 1234.5)] == [
        "-",
        "0.12",
        "12.3",
        "1,234",
    ]
    assert spread(Figure(2.0, 1.0, 3.0)) == "2.00 (1.00-3.00)"
    assert spread(Figure(2.0, 2.0, 2.0)) == "2.00"
    assert ratio(0.5) == "0.50"
