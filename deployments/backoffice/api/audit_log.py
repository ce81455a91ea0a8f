"""The audit log, for programs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from deployments.backoffice.tokens import Action, TokenRequest, query_of, shown
from deployments.staff.contract import StaffApi
from deployments.staff.contract.audit_log import AuditFilter, AuditPage, EntryId, SearchAudit


def _written(value: object) -> object:
    """A time as RFC 3339 writes it, and no number of seconds."""
    if isinstance(value, str) and "-" not in value:
        raise PydanticCustomError("datetime_parsing", "a date and a time are needed")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]


class _Searched(AuditFilter):
    since: Moment | None = None
    until: Moment | None = None
    before: EntryId | None = None


class AuditLogActions:
    """The action, upon staff."""

    def __init__(self, staff: StaffApi) -> None:
        self._staff = staff

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                "/api/audit",
                self.search,
                "audit.read",
                summary="A page of the audit log, newest first",
                answer=AuditPage,
                query=_Searched,
            )
        ]

    async def search(self, caller: TokenRequest) -> Response:
        """A page of entries."""
        wanted = query_of(_Searched, caller)
        values = wanted.model_dump(exclude={"before"})
        found = AuditFilter.model_validate(values)
        sent = SearchAudit(by=caller.credential, filter=found, before=wanted.before)
        return shown(await self._staff.search_audit(sent))
