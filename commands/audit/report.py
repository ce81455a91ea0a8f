"""The audit's findings, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from rich.box import ASCII, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deployments.foundation.audit.findings import Report

_WIDTH = 160
"""Where there is no terminal; wide enough for a key to stay on its line."""


def is_clean(reports: Sequence[Report]) -> bool:
    """Whether no check found anything."""
    return not any(report.findings.discrepancies for report in reports)


def as_json(reports: Sequence[Report], at: datetime) -> str:
    """Everything as one JSON object."""
    checks = [
        {
            "name": report.check.name,
            "title": report.check.title,
            "checked": dict(report.findings.checked),
            "discrepancies": [
                {"rule": found.rule, "keys": list(found.keys), "what": found.what}
                for found in report.findings.discrepancies
            ],
            "notes": list(report.findings.notes),
        }
        for report in reports
    ]
    whole = {"at": at.isoformat(), "clean": is_clean(reports), "checks": checks}
    return json.dumps(whole, indent=2)


def page() -> Console:
    """Where the tables go: in colour on a terminal, as plain text elsewhere."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def show(reports: Sequence[Report], console: Console) -> None:
    """A table of what was checked, and one of what was found."""
    console.print(_checks(reports, console))
    for note in (note for report in reports for note in report.findings.notes):
        console.print(note, style="yellow")
    found = sum(len(report.findings.discrepancies) for report in reports)
    if found:
        console.print(_discrepancies(reports, console))
        console.print(f"{found} discrepancies.", style="bold red")
    else:
        console.print("The books are straight.", style="bold green")


def _table(console: Console) -> Table:
    return Table(box=SIMPLE_HEAD if console.is_terminal else ASCII, header_style="bold")


def _checks(reports: Sequence[Report], console: Console) -> Table:
    table = _table(console)
    for title in ("Check", "What agrees", "Checked"):
        table.add_column(title)
    table.add_column("Discrepancies", justify="right")
    for report in reports:
        checked = ", ".join(f"{n} {what}" for what, n in report.findings.checked.items())
        found = len(report.findings.discrepancies)
        style = "red" if found else None
        table.add_row(report.check.name, report.check.title, checked, str(found), style=style)
    return table


def _discrepancies(reports: Sequence[Report], console: Console) -> Table:
    table = _table(console)
    for title in ("Check", "What is wrong", "Keys"):
        table.add_column(title, overflow="fold")
    for report in reports:
        for found in report.findings.discrepancies:
            rule = f"{report.check.name}: {found.rule}"
            table.add_row(rule, found.what, "\n".join(found.keys))
    return table
