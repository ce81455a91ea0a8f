"""The audit log: who changed what, when, from where and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.message import Message
from deployments.staff.contract.credentials import Credential

MOST_ENTRIES = 200
"""Entries of a page."""
EntryId = Annotated[
    str, Field(pattern=r"^[1-9]\d{0,14}-\d{1,6}$", description="Such as 1750000000000-0")
]


class AuditFilter(Message):
    """Which entries are meant: all that agree with whatever is given.

    `author` is a person's email, which finds what his tokens did, too, or a token's id, `subject` a
    whole subject. `since` and `until`
    (excluded) are about when an entry was written, which follows the change within moments.
    """

    author: str | None = Field(None, max_length=254)
    subject: str | None = Field(None, max_length=300)
    action: str | None = Field(None, max_length=64)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class SearchAudit(Message):
    """Asks for a page of entries, the newest first; `before` is the `next` of the page before."""

    by: Credential
    filter: AuditFilter = AuditFilter()
    before: EntryId | None = None
    limit: int = Field(50, ge=1, le=MOST_ENTRIES)


class AuditEntry(Message):
    """A change, when it was written down, and its place in the chain.

    `hash` comes of the entry and of the `hash` of the one before it.
    """

    id: EntryId
    number: int
    recorded_at: datetime
    change: Change
    hash: str


class AuditPage(Message):
    """Entries, the newest first. `next` is none after the last page; a page may have few entries,
    or none, and yet another after it: a search looks at a bounded number of entries."""

    entries: tuple[AuditEntry, ...]
    next: EntryId | None = None


class ExportAudit(Message):
    """Asks for a part of the entries as a file; the first part begins with the column's names."""

    by: Credential
    filter: AuditFilter = AuditFilter()
    before: EntryId | None = None


class AuditExport(Message):
    """A part of a CSV file (RFC 4180), and what to ask for next, if there is more."""

    csv: str
    next: EntryId | None = None


class RecordExport(Message):
    """Tells that somebody takes away what another service has, as a file.

    `export` is one for each file. `rows` is none before the first row is handed out, and afterwards
    how many were; `complete` says that these were all.
    """

    export: str = Field(min_length=1, max_length=64)
    author: Author
    what: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=64)
    format: str = Field(max_length=16)
    rows: int | None = Field(None, ge=0)
    complete: bool = False
