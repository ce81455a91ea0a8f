"""The page and its pictures say what was measured, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from commands.bench.report import picture
from commands.bench.report.goals import Goal
from commands.bench.report.keeping import keep, kept_runs, name_of
from commands.bench.report.markdown import markdown
from commands.bench.report.publishing import publish
from commands.bench.report.summary import Summary
from commands.bench.results import EventCost, Growth
from tests.unit.bench.sample_runs import run, turn

WHOLE = run([turn("one"), turn("together"), turn("apart"), turn("one"), turn("apart", 0.5)])
GROWN = WHOLE.model_copy(
    update={
        "kind": "growth",
        "growth": tuple(
            Growth(what="orders", size=size, figures={"ready, s": 3.0, "bytes a unit": 10.0 * size})
            for size in (1_000, 10_000)
        ),
    }
)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A directory of kept runs, the page beside it."""
    directory = tmp_path / "performance"
    earlier = WHOLE.model_copy(
        update={"commit": "0123456789", "date": WHOLE.date.replace(day=1), "note": "before"}
    )
    for each in (WHOLE, GROWN, earlier):
        keep(each, directory)
    return directory


def parsed(svg: str) -> ET.Element:
    """A drawing, element by element."""
    return ET.fromstring(svg)  # noqa: S314 - this test had it drawn.


def rows(text: str, first: str) -> list[list[str]]:
    """The lines of all tables that begin with this cell."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    return [line for line in lines if line and line[0] == first]


def test_a_page_shows_the_newest_run_and_keeps_the_others_in_mind(docs: Path) -> None:
    written = publish(docs)
    assert written == docs.with_name("performance.md")
    text = written.read_text()
    assert "Measured on abcdef0123, 2026-11-28 12:30 UTC, A processor" in text
    assert [line[1] for line in rows(text, "product read")[:3]] == [
        "one process",
        "together",
        "apart",
    ]
    _, _, apart = rows(text, "product read")[:3]
    assert apart[2] == "15.0 (10.0-20.0)"
    assert apart[-2:] == ["0.15", "0.01"]
    assert [line[0] for line in rows(text, "`0123456789`")] == ["`0123456789`"]
    assert rows(text, "`0123456789`")[0][2] == "before"
    assert rows(text, "10,000") == [["10,000", "3.00", "100,000"]]


def test_every_link_of_the_page_leads_somewhere(docs: Path) -> None:
    written = publish(docs)
    assert written is not None
    links = set(re.findall(r"\]\(([^)]+)\)", written.read_text()))
    pictures = {link for link in links if link.endswith(".svg")}
    assert len(pictures) == 3
    assert all((written.parent / link).exists() for link in pictures)


def test_goals_are_held_against_what_was_measured(docs: Path) -> None:
    written = publish(docs)
    assert written is not None
    text = written.read_text()
    (apart,) = rows(text, "whole purchase apart, of one process")
    assert apart[1:] == ["≥ 0.5", "0.15", "not met"]
    (sustained,) = rows(text, "the same until all that follows has happened, apart")
    assert sustained[1:] == ["≥ 0.5", "0.04", "not met"]
    (calls,) = rows(text, "calls between services until a purchase is answered")
    assert calls[1:] == ["≤ 10", "2.00", "met"]
    (event,) = rows(text, "CPU an event")
    assert event[2:] == ["not measured", ""]


def test_an_events_cost_is_told_where_it_was_measured(docs: Path) -> None:
    cost = EventCost(events=100, services=0.25, redis=0.1)
    later = WHOLE.model_copy(update={"event_cost": cost, "date": WHOLE.date.replace(day=29)})
    keep(later, docs)
    written = publish(docs)
    assert written is not None
    text = written.read_text()
    assert "one costs 0.25 ms of CPU in the services" in text
    assert rows(text, "CPU an event")[0][2:] == ["0.35 ms", "met"]


def test_without_a_whole_run_there_is_no_page(tmp_path: Path) -> None:
    keep(GROWN, tmp_path / "performance")
    assert publish(tmp_path / "performance") is None
    assert not (tmp_path / "performance.md").exists()


def test_what_is_kept_is_read_as_it_was(docs: Path) -> None:
    kept = kept_runs(docs)
    assert WHOLE in kept
    assert [each.kind for each in kept].count("whole") == 2
    assert kept[0].note == "before", "the oldest is the first"
    assert name_of(GROWN) == "2026-11-28-1230-abcdef0123-growth"


@pytest.mark.parametrize("draw", [picture.rates, picture.purchase])
def test_a_picture_has_a_bar_for_every_placement(draw: object) -> None:
    assert callable(draw)
    text = draw(Summary(WHOLE))
    words = [element.text for element in parsed(text).iter() if element.text]
    assert "one process" in words
    assert "apart" in words
    assert any("abcdef0123" in word for word in words)


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    root = parsed(picture.rates(Summary(WHOLE)))
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    grey = [float(one.get("width", 0)) for one in boxes if one.get("fill") == "#8a8a8a"][1:]
    blue = [float(one.get("width", 0)) for one in boxes if one.get("fill") == "#2a7de1"][1:]
    assert len(set(grey)) == 1, "one process is 1 in every row"
    assert blue[1] / grey[1] == pytest.approx(0.8, abs=0.01)


def test_what_grows_is_drawn_as_a_line_each() -> None:
    root = parsed(picture.growth(GROWN))
    words = [element.text for element in root.iter() if element.text]
    assert {"ready, s", "bytes a unit", "1,000", "10,000"} <= set(words)


def test_goals_have_a_least_or_a_most() -> None:
    least, most = Goal("a", lambda _: 1, least=0.5), Goal("b", lambda _: 1, most=15, unit=" s")
    assert (least.wanted(), most.wanted()) == ("≥ 0.5", "≤ 15 s")
    assert least.met(0.5)
    assert not least.met(0.4)
    assert most.met(15)
    assert not most.met(15.1)


def test_a_table_says_which_columns_are_numbers() -> None:
    assert markdown(("a", "b>"), [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"
