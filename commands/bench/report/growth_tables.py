"""What grows, as tables: a line a size."""

from __future__ import annotations

from commands.bench.report.keeping import name_of
from commands.bench.report.markdown import markdown
from commands.bench.report.table import number, of_what
from commands.bench.results import BenchRun, Growth


def growth_tables(run: BenchRun, directory: str) -> str:
    """A picture, and a table for each thing that grows, under what was measured where."""
    what = dict.fromkeys(one.what for one in run.growth)
    tables = [_table([one for one in run.growth if one.what == each]) for each in what]
    said = f"In one process, at 16 connections, on {of_what(run)}, in {run.minutes:.0f} minutes."
    picture = f"![What grows, as multiples of the smallest]({directory}/{name_of(run)}.svg)"
    return "\n\n".join([said, picture, *tables])


def _table(sizes: list[Growth]) -> str:
    names = dict.fromkeys(name for one in sizes for name in one.figures)
    headers = [f"{sizes[0].what}>", *(f"{name}>" for name in names)]
    rows = [[f"{one.size:,}", *(number(one.figures.get(name)) for name in names)] for one in sizes]
    return markdown(headers, rows)
