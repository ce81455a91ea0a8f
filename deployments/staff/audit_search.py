"""Looking through the audit log, and taking it away."""

from __future__ import annotations

from deployments.foundation.values.authorship import Author, Change
from deployments.foundation.values.clock import Clock
from deployments.staff.audit_store import AuditStore
from deployments.staff.authority import Authority
from deployments.staff.contract.audit_log import (
    MOST_ENTRIES,
    AuditEntry,
    AuditExport,
    AuditFilter,
    AuditPage,
    ExportAudit,
    RecordExport,
    SearchAudit,
)
from deployments.staff.contract.sign_in import Confirmed
from deployments.staff.domain.audit_file import csv_of
from deployments.staff.domain.audit_log import authors_of

_BATCHES = 10
"""How often a page is read on where entries do not agree with what is wanted."""
_OF_THE_END = {"format", "rows", "complete"}


class AuditSearch:
    """What looks at the log asks the authority first."""

    def __init__(self, authority: Authority, store: AuditStore, clock: Clock) -> None:
        self._authority, self._store, self._clock = authority, store, clock

    async def search(self, request: SearchAudit) -> AuditPage:
        """See `StaffApi`."""
        await self._authority.authorise(request.by, "audit.read")
        return await self._page(request.filter, request.before, request.limit)

    async def export(self, request: ExportAudit) -> AuditExport:
        """See `StaffApi`."""
        who = await self._authority.authorise(request.by, "audit.export")
        first = request.before is None
        if first:
            await self._store.record(self._exported(request.filter, who.author))
        page = await self._page(request.filter, request.before, MOST_ENTRIES)
        return AuditExport(csv=csv_of(page.entries, columns=first), next=page.next)

    async def record(self, request: RecordExport) -> Confirmed:
        """See `StaffApi`. Whoever tells has asked the authority."""
        begun = request.rows is None
        change = Change(
            author=request.author,
            subject=f"backoffice/export/{request.what}",
            action="export_begun" if begun else "export_ended",
            after=request.model_dump(include={"format"} if begun else _OF_THE_END),
            at=self._clock(),
        )
        await self._store.record(change, f"{request.export}:{change.action}")
        return Confirmed()

    async def _page(self, wanted: AuditFilter, before: str | None, limit: int) -> AuditPage:
        found: list[AuditEntry] = []
        for _ in range(_BATCHES):
            batch = await self._store.before(wanted, before, limit)
            found += [entry for entry in batch.entries if _agrees(entry.change, wanted)]
            before = batch.next
            if len(found) > limit:
                return AuditPage(entries=tuple(found[:limit]), next=found[limit - 1].id)
            if before is None or len(found) == limit:
                break
        return AuditPage(entries=tuple(found), next=before)

    def _exported(self, wanted: AuditFilter, author: Author) -> Change:
        return Change(
            author=author,
            subject="staff/audit/log",
            action="audit_exported",
            after=wanted.model_dump(mode="json", exclude_none=True),
            at=self._clock(),
        )


def _agrees(change: Change, wanted: AuditFilter) -> bool:
    return (
        (wanted.author is None or wanted.author in authors_of(change.author))
        and wanted.subject in {None, change.subject}
        and wanted.action in {None, change.action}
    )
