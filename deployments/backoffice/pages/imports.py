"""Imports: a file is handed in, shown with what it would change, run, watched, and reported."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response, StreamingResponse

from deployments.backoffice.addresses import path_of
from deployments.backoffice.exports.kinds import EXPORTS
from deployments.backoffice.formats.items import IMPORT_KINDS, ImportKind
from deployments.backoffice.forms import filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.imports.access import NEEDS
from deployments.backoffice.imports.desk import MOST_REFUSED, ImportDesk
from deployments.backoffice.imports.run import ImportRun
from deployments.backoffice.imports.telling import trouble, why
from deployments.backoffice.language import message
from deployments.backoffice.renderer import page_headers
from deployments.backoffice.tables.safe_cells import shielded
from deployments.backoffice.visit import Visit

_SHOWN = 50
_BOM = "\ufeff"


class _Begun(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=400)]


class ImportPages:
    """The pages, upon imports."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        each = [page for kind in IMPORT_KINDS for page in self._of(kind)]
        return [PageRoute("GET", "/imports", self.list, "catalogue.read"), *each]

    def _of(self, kind: ImportKind) -> list[PageRoute]:
        path, needs = f"/imports/{kind}", NEEDS[kind]
        one = f"{path}/{{id}}"
        return [
            PageRoute("GET", path, partial(self.ask, kind), needs),
            PageRoute("POST", path, partial(self.hand_in, kind), needs, takes_files=True),
            PageRoute("GET", one, partial(self.show, kind), needs),
            PageRoute("POST", f"{one}/run", partial(self.run, kind), needs),
            PageRoute("POST", f"{one}/stop", partial(self.stop, kind), needs),
            PageRoute("POST", f"{one}/discard", partial(self.discard, kind), needs),
            PageRoute("GET", f"{one}/refused.csv", partial(self.report, kind), needs),
        ]

    async def list(self, visit: Visit) -> Response:
        """Imports of what whoever asks may change, and what he may take away as a file."""
        runs = [one for one in await self._desk.all() if visit.can(NEEDS[one.kind])]
        return visit.show(
            "imports.html",
            runs=[one for one in runs if one.state != "receiving"],
            kinds=[kind for kind in IMPORT_KINDS if visit.can(NEEDS[kind])],
            exports=[name for name, needs in EXPORTS.items() if visit.can(needs)],
            names=NAMES,
            states=STATE_NAMES,
        )

    async def ask(self, kind: ImportKind, visit: Visit) -> Response:
        """The form that takes a file."""
        return visit.show("import_new.html", kind=kind, name=NAMES[kind], hint=_HINTS[kind])

    async def hand_in(self, kind: ImportKind, visit: Visit) -> Response:
        """A file; nothing is changed by it yet."""
        assert visit.uploads is not None  # noqa: S101 - the guard reads them.
        upload = await anext(visit.uploads)
        if not upload.name:
            form = visit.form.refused(visit.text("Choose a file."), at="file")
            return visit.refuse(
                "import_new.html", form, kind=kind, name=NAMES[kind], hint=_HINTS[kind]
            )
        made, is_new = await self._desk.hand_in(
            kind,
            upload.name,
            visit.author,
            upload.chunks,
            again=visit.form.value("again") == "yes",
        )
        said = visit.text("The file is here. Nothing is changed until you run it.")
        if not is_new:
            said = visit.text("This file was handed in before: here is what became of it.")
        return visit.go(path_of("imports", kind, made.id), said)

    async def show(self, kind: ImportKind, visit: Visit) -> Response:
        """Where an import stands, and what it would change or has changed."""
        return await self._page(visit, await self._found(kind, visit))

    async def _page(self, visit: Visit, run: ImportRun, *, status: int = 200) -> Response:
        refused = await self._desk.refused(run.id)
        return visit.show(
            "import.html",
            status=status,
            run=run,
            name=NAMES[run.kind],
            state=visit.text(STATE_NAMES[run.state]),
            moving=run.state in {"checking", "running"},
            changes=(await self._desk.changes(run.id))[:_SHOWN],
            refused=[(one, why(visit.language, one)) for one in refused[:_SHOWN]],
            trouble=trouble(visit.language, run),
        )

    async def run(self, kind: ImportKind, visit: Visit) -> Response:
        """It takes effect, from now on."""
        found = await self._found(kind, visit)
        typed, form = filled(_Begun, visit.form, visit.language)
        if typed is None:
            return await self._page(visit.with_form(form), found, status=422)
        run = await self._desk.run(kind, found.id, visit.author, typed.reason)
        return visit.go(path_of("imports", kind, run.id), visit.text("The import runs."))

    async def stop(self, kind: ImportKind, visit: Visit) -> Response:
        """It goes no farther."""
        run = await self._desk.stop(kind, _id(visit))
        said = visit.text("The import is stopped. What has taken effect stays.")
        return visit.go(path_of("imports", kind, run.id), said)

    async def discard(self, kind: ImportKind, visit: Visit) -> Response:
        """Its rows go."""
        run = await self._desk.discard(kind, _id(visit))
        return visit.go(path_of("imports", kind, run.id), visit.text("The import is discarded."))

    async def report(self, kind: ImportKind, visit: Visit) -> Response:
        """The refused rows as CSV."""
        run = await self._found(kind, visit)
        headers = {"Content-Disposition": f'attachment; filename="refused-{run.id}.csv"'}
        return StreamingResponse(
            self._report(visit, run.id),
            headers={**page_headers(), **headers},
            media_type="text/csv; charset=utf-8",
        )

    async def _report(self, visit: Visit, id_: str) -> AsyncIterator[str]:
        yield _BOM + _line(*(visit.text(name) for name in _REPORT))
        start = 0
        while rows := await self._desk.refused(id_, start):
            start += len(rows)
            yield "".join(
                _line(str(one.row), one.subject, why(visit.language, one)) for one in rows
            )
            if len(rows) < MOST_REFUSED:
                return

    async def _found(self, kind: ImportKind, visit: Visit) -> ImportRun:
        return await self._desk.get(kind, _id(visit))


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["id"])[:64]


def _line(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(shielded(cell) for cell in cells)
    return text.getvalue()


_REPORT = (message("Row"), message("What of"), message("Why"))
NAMES = {
    "products": message("Products"),
    "prices": message("Prices"),
    "stock": message("Stock"),
    "codes": message("Codes"),
    "orders": message("Orders"),
    "customers": message("Customers"),
}
_HINTS = {
    "products": message(
        "The store's own columns, as an export has them, or a product export of Shopify, "
        "WooCommerce or Medusa. What the file does not name stays as it is."
    ),
    "prices": message("The columns sku and price; starts plans a price for later."),
    "stock": message(
        "The columns sku and location_id, and one of counted, received and adjust_by in each row."
    ),
    "codes": message("The column code, and those that shall change."),
}
STATE_NAMES = {
    "receiving": message("arriving"),
    "checking": message("being compared"),
    "ready": message("waits to be run"),
    "running": message("running"),
    "done": message("done"),
    "stopped": message("stopped"),
    "failed": message("failed"),
}
