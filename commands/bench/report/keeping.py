"""Where runs are kept: beside the documentation, or, if they are a part, the store's data."""

from __future__ import annotations

import re
from pathlib import Path

from commands.bench.results import BenchRun, load_run
from commands.run_settings import PROJECT

DIRECTORY = PROJECT / "docs" / "performance"
_ELSEWHERE = PROJECT / ".data" / "bench"
_NAME = re.compile(r"\d{4}-\d\d-\d\d-\d{4}-\w+(-growth)?\.json")


def name_of(run: BenchRun) -> str:
    """A file's name, without its ending: when it began, and what was measured."""
    ending = "-growth" if run.kind == "growth" else ""
    return f"{run.date:%Y-%m-%d-%H%M}-{run.commit}{ending}"


def keep(run: BenchRun, directory: Path = DIRECTORY) -> Path:
    """Write a run down; where."""
    place = _ELSEWHERE if run.kind == "part" else directory
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{name_of(run)}.json"
    file.write_text(run.model_dump_json(indent=1) + "\n")
    return file


def kept_runs(directory: Path = DIRECTORY) -> list[BenchRun]:
    """The runs that are kept, the oldest first."""
    files = (file for file in directory.glob("*.json") if _NAME.fullmatch(file.name))
    return sorted(map(load_run, files), key=lambda run: run.date)
