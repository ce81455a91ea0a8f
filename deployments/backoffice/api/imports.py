"""Imports, for programs and for `fieldhouse import`."""

from __future__ import annotations

from functools import partial

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from deployments.backoffice.api.bodies import Body
from deployments.backoffice.formats.items import IMPORT_KINDS, ImportKind, RefusedRow
from deployments.backoffice.imports.access import NEEDS
from deployments.backoffice.imports.desk import MOST_REFUSED, ImportDesk
from deployments.backoffice.imports.run import ImportRun, SeenChange
from deployments.backoffice.imports.telling import why
from deployments.backoffice.language import Language
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown

FILES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)
_ENGLISH = Language("en")


class ImportList(BaseModel):
    """Imports of a kind, the newest first."""

    imports: list[ImportRun]


class ReportRow(BaseModel):
    """A refused row: what it is about, and why."""

    row: int
    subject: str
    why: str


class ReportPage(BaseModel):
    """Some of the refused rows; `cursor` leads to more, if there may be any."""

    rows: list[ReportRow]
    cursor: int | None = None


class ChangeList(BaseModel):
    """The first of what would change."""

    changes: list[SeenChange]


class _HandIn(BaseModel):
    """The file's name; `again` takes in a file that came before as another one."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(default="", max_length=200)
    again: bool = False


class _From(BaseModel):
    model_config = ConfigDict(extra="forbid")
    cursor: int = Field(default=0, ge=0, le=10**6)


class ImportActions:
    """The actions, upon imports."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [action for kind in IMPORT_KINDS for action in self._of(kind)]

    def _of(self, kind: ImportKind) -> list[Action]:
        path, needs = f"/api/imports/{kind}", NEEDS[kind]
        one = f"{path}/{{id}}"
        return [
            Action(
                "GET",
                path,
                partial(self.list, kind),
                needs,
                summary=f"Imports of {kind}, the newest first",
                answer=ImportList,
            ),
            Action(
                "POST",
                path,
                partial(self.hand_in, kind),
                needs,
                summary=f"Hand in a file of {kind}, which is compared with what there is",
                answer=ImportRun,
                query=_HandIn,
                takes=FILES,
            ),
            Action(
                "GET",
                one,
                partial(self.show, kind),
                needs,
                summary=f"An import of {kind}: where it stands",
                answer=ImportRun,
            ),
            Action(
                "POST",
                f"{one}/run",
                partial(self.run, kind),
                needs,
                summary=f"Have an import of {kind} take effect",
                answer=ImportRun,
                body=Body,
            ),
            Action(
                "POST",
                f"{one}/stop",
                partial(self.stop, kind),
                needs,
                summary=f"Have an import of {kind} go no farther",
                answer=ImportRun,
            ),
            Action(
                "GET",
                f"{one}/refused",
                partial(self.refused, kind),
                needs,
                summary=f"Rows of an import of {kind} that were refused, and why",
                answer=ReportPage,
                query=_From,
            ),
            Action(
                "GET",
                f"{one}/changes",
                partial(self.changes, kind),
                needs,
                summary=f"The first of what an import of {kind} changes",
                answer=ChangeList,
            ),
        ]

    async def list(self, kind: ImportKind, caller: TokenRequest) -> Response:  # noqa: ARG002 - all of a kind.
        """Imports of a kind."""
        found = [one for one in await self._desk.all() if one.kind == kind]
        return shown(ImportList(imports=found))

    async def hand_in(self, kind: ImportKind, caller: TokenRequest) -> Response:
        """A file, as the body of the request."""
        asked, request = query_of(_HandIn, caller), caller.request
        made, _ = await self._desk.hand_in(
            kind, asked.name, caller.author, request.stream(), again=asked.again
        )
        return shown(made)

    async def show(self, kind: ImportKind, caller: TokenRequest) -> Response:
        """An import."""
        return shown(await self._desk.get(kind, _id(caller.request)))

    async def run(self, kind: ImportKind, caller: TokenRequest) -> Response:
        """It takes effect, from now on."""
        body = await body_of(Body, caller)
        run = await self._desk.run(kind, _id(caller.request), caller.author, body.reason)
        return shown(run)

    async def stop(self, kind: ImportKind, caller: TokenRequest) -> Response:
        """It goes no farther."""
        return shown(await self._desk.stop(kind, _id(caller.request)))

    async def refused(self, kind: ImportKind, caller: TokenRequest) -> Response:
        """A page of refused rows."""
        start = query_of(_From, caller).cursor
        run = await self._desk.get(kind, _id(caller.request))
        found = await self._desk.refused(run.id, start)
        more = start + len(found) if len(found) == MOST_REFUSED else None
        return shown(ReportPage(rows=[_told(one) for one in found], cursor=more))

    async def changes(self, kind: ImportKind, caller: TokenRequest) -> Response:
        """What would change first."""
        run = await self._desk.get(kind, _id(caller.request))
        return shown(ChangeList(changes=await self._desk.changes(run.id)))


def _id(request: Request) -> str:
    return str(request.path_params["id"])[:64]


def _told(row: RefusedRow) -> ReportRow:
    return ReportRow(row=row.row, subject=row.subject, why=why(_ENGLISH, row))
