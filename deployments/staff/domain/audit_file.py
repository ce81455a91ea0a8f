"""The audit log as a file for spreadsheets (CSV, RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from deployments.staff.contract.audit_log import AuditEntry

COLUMNS = (
    *("number", "recorded_at", "at", "author_kind", "author", "author_name", "person", "address"),
    *("subject", "action", "before", "after", "reason", "hash"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(entries: Sequence[AuditEntry], *, columns: bool) -> str:
    """A row for each entry, after one with the columns' names if that is wanted."""
    text = io.StringIO()
    writer = csv.writer(text)
    if columns:
        writer.writerow(COLUMNS)
    writer.writerows([neutral(cell) for cell in _cells(entry)] for entry in entries)
    return text.getvalue()


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: such a text gets an apostrophe before it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cells(entry: AuditEntry) -> Sequence[str]:
    change = entry.change
    return (
        str(entry.number),
        entry.recorded_at.isoformat(),
        change.at.isoformat(),
        change.author.kind,
        change.author.id,
        change.author.name,
        change.author.person,
        change.author.address,
        change.subject,
        change.action,
        json.dumps(change.before, ensure_ascii=False),
        json.dumps(change.after, ensure_ascii=False),
        change.reason,
        entry.hash,
    )
