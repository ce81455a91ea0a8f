"""Exports, for programs and for `fieldhouse export`."""

from __future__ import annotations

from functools import partial

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from deployments.backoffice.exports.desk import ExportDesk
from deployments.backoffice.exports.kinds import EXPORTS, ExportKind
from deployments.backoffice.tables.writing import MEDIA_TYPES, FileFormat
from deployments.backoffice.tokens import Action, TokenRequest, query_of


class _As(BaseModel):
    """CSV in UTF-8, or a workbook."""

    model_config = ConfigDict(extra="forbid")
    format: FileFormat = "csv"


class ExportActions:
    """The actions, upon exports."""

    def __init__(self, desk: ExportDesk) -> None:
        self._desk = desk

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        return [
            Action(
                "GET",
                f"/api/exports/{kind}",
                partial(self.take, kind),
                needs,
                summary=f"All {kind} as a file",
                answer=None,
                query=_As,
                gives=tuple(MEDIA_TYPES.values()),
            )
            for kind, needs in EXPORTS.items()
        ]

    async def take(self, kind: ExportKind, caller: TokenRequest) -> Response:
        """A file."""
        return await self._desk.file(kind, query_of(_As, caller).format, caller.author, {})
