"""What there is, taken away as a file."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from deployments.backoffice.exports.desk import ExportDesk
from deployments.backoffice.exports.kinds import EXPORTS, ExportKind
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.renderer import page_headers
from deployments.backoffice.tables.writing import FileFormat
from deployments.backoffice.visit import Visit


class ExportPages:
    """The files, upon exports."""

    def __init__(self, desk: ExportDesk) -> None:
        self._desk = desk

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        return [
            PageRoute("GET", f"/exports/{kind}", partial(self.take, kind), needs)
            for kind, needs in EXPORTS.items()
        ]

    async def take(self, kind: ExportKind, visit: Visit) -> Response:
        """A file: CSV unless the address asks for a workbook."""
        wanted = visit.query("format")
        as_: FileFormat = "xlsx" if wanted == "xlsx" else "csv"
        return await self._desk.file(kind, as_, visit.author, page_headers())
