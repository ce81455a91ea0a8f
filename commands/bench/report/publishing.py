"""A run that is kept becomes the page and its pictures."""

from __future__ import annotations

from pathlib import Path

from commands.bench.report import picture
from commands.bench.report.keeping import DIRECTORY, kept_runs, name_of
from commands.bench.report.page import page
from commands.bench.report.summary import Summary

PAGE = "performance.md"


def publish(directory: Path = DIRECTORY) -> Path | None:
    """Write the page beside the directory of kept runs, and the pictures of the newest into it.

    None if no whole run is kept.
    """
    kept = kept_runs(directory)
    whole = [run for run in kept if run.kind == "whole"]
    grown = [run for run in kept if run.kind == "growth"]
    if not whole:
        return None
    newest, summary = name_of(whole[-1]), Summary(whole[-1])
    (directory / f"{newest}-rates.svg").write_text(picture.rates(summary))
    (directory / f"{newest}-purchase.svg").write_text(picture.purchase(summary))
    if grown:
        (directory / f"{name_of(grown[-1])}.svg").write_text(picture.growth(grown[-1]))
    said = page(whole[-1], whole, grown[-1] if grown else None, directory.name)
    written = directory.with_name(PAGE)
    written.write_text(said)
    return written
