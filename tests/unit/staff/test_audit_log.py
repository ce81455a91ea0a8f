"""The audit log: its chain, looking through it, and taking it away."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.values.authorship import Author, Change
from deployments.staff.audit import StaffAudit
from deployments.staff.audit_store import TRIMMED_AT_ONCE, AuditStore
from deployments.staff.contract.audit_log import (
    AuditEntry,
    AuditFilter,
    ExportAudit,
    SearchAudit,
)
from deployments.staff.contract.credentials import NotPermitted
from deployments.staff.domain.audit_file import COLUMNS, csv_of, neutral
from deployments.staff.domain.audit_log import BEGINNING, link
from deployments.staff.loops import audit_retention
from tests.unit.staff.composed_staff import OWNER, ComposedStaff

PAST = datetime(2026, 1, 1, tzinfo=UTC)
BOB = Author(kind="person", id="bob@example.org", name="Bob", address="192.0.2.9")


def priced(n: int, sku: str = "TI-M267", author: Author = BOB) -> Change:
    return Change(
        author=author,
        subject=f"catalog/price/{sku}",
        action="price_changed",
        before={"price": n},
        after={"price": n + 1},
        reason=f"number {n}",
        at=PAST,
    )


async def search(shop: ComposedStaff, limit: int = 50, **wanted: object) -> list[AuditEntry]:
    """All pages."""
    found: list[AuditEntry] = []
    before = None
    while True:
        page = await shop.other.search_audit(
            SearchAudit(
                by=shop.owner,
                filter=AuditFilter.model_validate(wanted),
                before=before,
                limit=limit,
            )
        )
        assert len(page.entries) <= limit
        found += page.entries
        before = page.next
        if before is None:
            return found


async def test_each_entry_holds_the_hash_of_all_before(owned: ComposedStaff) -> None:
    await asyncio.gather(
        *((owned.staff, owned.other)[n % 2].changed(f"event_{n}", priced(n)) for n in range(20))
    )
    hash_, rows = BEGINNING, await owned.rows()
    assert [int(fields["number"]) for _, fields in rows] == list(range(1, 23))
    for number, (_, fields) in enumerate(rows, 1):
        hash_ = link(hash_, number, fields["change"])
        assert fields["hash"] == hash_


async def test_an_event_is_appended_once(owned: ComposedStaff) -> None:
    await asyncio.gather(*(owned.staff.changed("event_1", priced(1)) for _ in range(8)))
    assert len(await search(owned, action="price_changed")) == 1


async def test_entries_are_found_by_whatever_they_tell(owned: ComposedStaff) -> None:
    ada = Author(kind="person", id=OWNER, name="Ada")
    for n in range(4):
        await owned.staff.changed(f"event_{n}", priced(n))
        await owned.staff.changed(f"other_{n}", priced(n, "XY-1", ada))
        await owned.staff.changed(f"prefix_{n}", priced(n, "XY-12"))
    subject = "catalog/price/XY-1"
    assert [one.change.reason for one in await search(owned, subject=subject, limit=3)] == [
        *("number 3", "number 2", "number 1", "number 0")
    ]
    assert len(await search(owned, author=BOB.id, limit=3)) == 8
    assert len(await search(owned, author=OWNER, action="price_changed", limit=1)) == 4
    assert len(await search(owned, author=BOB.id, subject=subject)) == 0
    assert len(await search(owned, limit=5)) == 14
    assert await search(owned, subject="catalog/price/XY") == []


async def test_what_a_token_did_is_found_by_the_token_and_by_its_maker(
    owned: ComposedStaff,
) -> None:
    token = Author(kind="token", id="token_1", name="nightly (Bob)", person=BOB.id)
    await owned.staff.changed("event_1", priced(1))
    await owned.staff.changed("event_2", priced(2, author=token))
    assert [one.change.reason for one in await search(owned, author=BOB.id)] == [
        "number 2",
        "number 1",
    ]
    assert [one.change.reason for one in await search(owned, author="token_1")] == ["number 2"]
    assert len(await search(owned, author=BOB.id, action="price_changed", limit=1)) == 2
    assert (await StaffAudit(owned.redis, Inspection(0)).log()).discrepancies == ()


async def test_entries_are_found_by_when_they_were_written(owned: ComposedStaff) -> None:
    for n in range(6):
        await owned.staff.changed(f"event_{n}", priced(n))
    everything = await search(owned)
    times = sorted({one.recorded_at for one in everything})
    for since in times:
        wanted = [one for one in everything if one.recorded_at >= since]
        assert await search(owned, since=since, limit=2) == wanted
        later = [one for one in wanted if one.change.action == "price_changed"]
        assert await search(owned, since=since, action="price_changed", limit=2) == later
        before = [one for one in everything if one.recorded_at < since]
        assert await search(owned, until=since, limit=2) == before
        assert await search(owned, until=since, author=BOB.id, limit=2) == [
            one for one in before if one.change.author == BOB
        ]


async def test_entries_are_kept_for_as_long_as_is_set(owned: ComposedStaff) -> None:
    for n in range(TRIMMED_AT_ONCE):
        await owned.staff.changed(f"event_{n}", priced(n))
    retention = audit_retention(AuditStore(owned.redis), timedelta(days=730), lambda: owned.now)
    owned.later(days=729)
    assert await retention.tick() is False
    assert len(await owned.rows()) == TRIMMED_AT_ONCE + 2
    owned.later(days=2)
    assert await retention.tick() is True, "there is more to let go"
    assert await retention.tick() is False
    assert await owned.rows() == []
    await owned.staff.changed("event_new", priced(1))
    assert (await StaffAudit(owned.redis, Inspection(0)).log()).discrepancies == ()


async def test_looking_and_taking_away_need_their_permissions(owned: ComposedStaff) -> None:
    support = await owned.employ("sue@example.org", "support")
    with pytest.raises(NotPermitted):
        await owned.staff.search_audit(SearchAudit(by=support))
    with pytest.raises(NotPermitted):
        await owned.staff.export_audit(ExportAudit(by=support))
    auditor = await owned.employ("amy@example.org", "auditor")
    assert (await owned.staff.search_audit(SearchAudit(by=auditor))).entries


async def test_an_export_has_every_entry_and_is_one_itself(owned: ComposedStaff) -> None:
    for n in range(250):
        await owned.staff.changed(f"event_{n}", priced(n))
    text, before = "", None
    while True:
        part = await owned.staff.export_audit(ExportAudit(by=owned.owner, before=before))
        text, before = text + part.csv, part.next
        if before is None:
            break
    columns, *rows = csv.reader(io.StringIO(text))
    assert tuple(columns) == COLUMNS
    assert [int(row[0]) for row in rows] == list(range(253, 0, -1))
    assert [one.action for one in await owned.log()].count("audit_exported") == 1


@given(st.text() | st.from_regex(r"\A\s*[=+\-@\t\r].*"))
def test_no_cell_is_a_formula(text: str) -> None:
    cell = neutral(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in {text, f"'{text}"}


def test_whatever_people_write_is_neutral_in_a_file() -> None:
    evil = '=HYPERLINK("http://evil")'
    author = Author(kind="person", id=evil, name="+1", address="@x")
    change = priced(1, author=author).model_copy(update={"reason": "-2+3", "subject": evil})
    entry = AuditEntry(id="1-0", number=1, recorded_at=PAST, change=change, hash="abc")
    (row,) = csv.reader(io.StringIO(csv_of([entry], columns=False)))
    assert [cell for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert f"'{evil}" in row
