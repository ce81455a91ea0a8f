"""The audit log: who changed what, when, from where and why; searched, and taken away as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response, StreamingResponse

from deployments.backoffice.guard import PageRoute
from deployments.backoffice.renderer import page_headers
from deployments.backoffice.visit import Visit
from deployments.staff.contract import StaffApi
from deployments.staff.contract.audit_log import (
    AuditExport,
    AuditFilter,
    ExportAudit,
    SearchAudit,
)

_FIELDS = ("author", "subject", "action", "since", "until")


class _Searched(BaseModel):
    """What is typed above the list; a day is the whole day, in UTC."""

    model_config = ConfigDict(hide_input_in_errors=True)
    author: str | None = None
    subject: str | None = None
    action: str | None = None
    since: date | None = None
    until: date | None = None

    def filter(self) -> AuditFilter:
        """What staff is asked for."""
        return AuditFilter(
            author=self.author,
            subject=self.subject,
            action=self.action and self.action.replace(" ", "_"),
            since=None if self.since is None else _midnight(self.since),
            until=None if self.until is None else _midnight(self.until + timedelta(days=1)),
        )


class AuditLogPages:
    """The log, upon staff."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", "/audit", self.search, "audit.read"),
            PageRoute("POST", "/audit/export", self.export, "audit.export"),
        ]

    async def search(self, visit: Visit) -> Response:
        """A page of entries, newest first."""
        typed = {name: visit.query(name) for name in _FIELDS}
        sent = SearchAudit(
            by=visit.credential,
            filter=_filter_of(typed),
            before=visit.query("before") or None,
        )
        found = await self._staff.search_audit(sent)
        more = found.next and visit.url("/audit", **typed, before=found.next)
        return visit.show("audit.html", entries=found.entries, more=more, typed=typed)

    async def export(self, visit: Visit) -> Response:
        """All entries that were searched for, as CSV. That is in the log itself."""
        wanted = _filter_of({name: visit.form.value(name) for name in _FIELDS})
        # The first part comes before the answer begins, so that a no is still a page.
        first = await self._staff.export_audit(ExportAudit(by=visit.credential, filter=wanted))
        name = f"audit-{datetime.now(UTC):%Y-%m-%d}.csv"
        return StreamingResponse(
            self._parts(visit, wanted, first),
            headers={
                **page_headers(),
                "Content-Disposition": f'attachment; filename="{name}"',
            },
            media_type="text/csv; charset=utf-8",
        )

    async def _parts(
        self, visit: Visit, wanted: AuditFilter, part: AuditExport
    ) -> AsyncIterator[str]:
        yield part.csv
        while part.next is not None:
            sent = ExportAudit(by=visit.credential, filter=wanted, before=part.next)
            part = await self._staff.export_audit(sent)
            yield part.csv


def _filter_of(typed: dict[str, str]) -> AuditFilter:
    """What was typed, without what makes no sense: a filter never fails."""
    given = {name: value for name, value in typed.items() if value}
    try:
        return _Searched.model_validate(given).filter()
    except (ValidationError, OverflowError) as mistakes:
        wrong: set[str] = set(_FIELDS[3:])
        if isinstance(mistakes, ValidationError):
            wrong = {str(one["loc"][0]) for one in mistakes.errors() if one["loc"]}
        return _filter_of({name: value for name, value in given.items() if name not in wrong})


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
