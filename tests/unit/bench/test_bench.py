"""The command measures a real store from its start to its end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from commands.bench import command
from commands.bench.report import keeping
from commands.bench.results import load_run
from tests.command_line import fieldhouse


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it keeps what it measures."""
    monkeypatch.setattr(keeping, "_ELSEWHERE", tmp_path)
    return tmp_path


def test_a_purchase_in_one_process_is_measured_to_its_end(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_OF_A_TEST", str(place))
    words = ("--quick", "--only", "ceiling,purchase,idle", "--placements", "one")
    told = fieldhouse("bench", *words)
    assert told.status == 0, told.out + told.err
    (file,) = place.glob("*.json")
    found = load_run(file)
    (turn,) = found.turns
    assert not turn.trouble
    assert found.kind == "part"
    assert turn.start.ready > 0
    assert turn.idle is not None
    assert 20 < turn.idle.memory["store"] < 400
    ceiling, purchase = turn.measurements
    (following,) = turn.following
    assert ceiling.rate > purchase.rate > 0
    assert not purchase.trouble
    assert purchase.spent.keys() == {"cart", "session", "address", "option", "complete"}
    assert following.purchases == purchase.units.count == following.mail.count
    assert following.webhook.count == following.purchases
    assert following.events > 10 * following.purchases
    assert following.redis.round_trips > 20
    assert following.cpu["store"] > purchase.cpu["store"] > 0
    assert f"kept in {file}" in told.out
    assert not left_behind(str(place))


def left_behind(mark: str) -> list[psutil.Process]:
    """Processes that were started with this in their environment, and live."""
    return [
        one for one in psutil.process_iter() if _environment(one).get("BENCH_OF_A_TEST") == mark
    ]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ() if process.pid != os.getpid() else {}
    except psutil.Error:
        return {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "purchase,lunch"), "--only does not know lunch: it takes ceiling, "),
        (("--placements", "apart,far"), "--placements does not know far: it takes one, "),
        (("--only", "growth,read"), "--only growth is measured alone"),
        (("--vendure", "/nowhere"), "No peer runs in /nowhere"),
    ],
)
def test_what_it_does_not_know_is_refused(words: tuple[str, ...], said: str) -> None:
    told = fieldhouse("bench", *words)
    assert told.status == 2
    assert said in told.err


def test_a_plan_is_what_was_asked_for() -> None:
    plan = command.plan_of(quick=False, only="read", placements="one,apart", turns=3)
    assert plan.order == ["one", "apart"] * 3
    assert [row.name for row in plan.rows_of("one")] == ["product", "lookup", "search"]
    whole = replace(command.plan_of(quick=False, only="", placements="", turns=2), peer=Path())
    assert whole.order == [*["one", "together", "apart", "vendure"] * 2, "empty"]
    assert whole.in_turn(0) == whole
    assert whole.in_turn(1).levels == (16,)
    assert "idle" not in whole.in_turn(1).groups
    assert command.plan_of(quick=True, only="", placements="", turns=None).turns == 1
