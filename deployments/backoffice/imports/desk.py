"""What people and programs do with imports: hand a file in, look at it, have it run, stop it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from deployments.backoffice.formats.items import ImportKind, RefusedRow
from deployments.backoffice.imports.run import ImportRun, SeenChange
from deployments.backoffice.imports.store import PART_BYTES, ImportStore
from deployments.backoffice.language import message
from deployments.backoffice.tables.limits import MAX_FILE_BYTES
from deployments.foundation.http.answers import ProtocolError
from deployments.foundation.values.authorship import Author
from deployments.foundation.values.clock import Clock
from deployments.foundation.values.ids import new_id

_LONGEST_NAME = 200
LAPSED = message("Its rows are gone. Hand the file in again.")
MOST_REFUSED = 500
"""Refused rows of one page."""


class ImportDesk:
    """Imports upon their store. Who may do what is asked before, where the page or action is."""

    def __init__(self, store: ImportStore, clock: Clock) -> None:
        self._store, self._now = store, clock

    async def all(self) -> list[ImportRun]:
        """Every import, the newest first."""
        return await self._store.all()

    async def get(self, kind: ImportKind, id_: str) -> ImportRun:
        """An import of a kind; 404 if there is none."""
        found = await self._store.get(id_)
        if found is None or found.kind != kind or found.state == "receiving":
            raise ProtocolError(
                404, "not_found", message("There is no such import, or it is gone.")
            )
        return found

    async def hand_in(
        self,
        kind: ImportKind,
        name: str,
        author: Author,
        chunks: AsyncIterator[bytes],
        *,
        again: bool = False,
    ) -> tuple[ImportRun, bool]:
        """Take a file, part by part: its import, and whether that is a new one.

        The same file leads to the import that it led to before; `again` makes another one, whose
        rows take effect once more. 413 and 409 for too much.
        """
        now = self._now()
        run = ImportRun(
            id=new_id("import").replace("import_", ""),
            kind=kind,
            state="receiving",
            name=name[:_LONGEST_NAME],
            created_at=now,
            author=author,
        )
        if not await self._store.begin(run):
            raise ProtocolError(
                409,
                "too_many_imports",
                message("Too many imports wait. Run one of them, or discard it, and try again."),
            )
        try:
            size, digest = await self._keep(run, chunks)
        except BaseException:
            await self._store.drop(run.id)
            raise
        salt = run.id if again else ""
        known = hashlib.sha256(f"{kind}\n{salt}\n{digest}".encode()).hexdigest()
        id_ = await self._store.received(run.model_copy(update={"size": size}), known)
        return await self.get(kind, id_), id_ == run.id

    async def _keep(self, run: ImportRun, chunks: AsyncIterator[bytes]) -> tuple[int, str]:
        """Store the file as it comes; its size and its digest."""
        size, digest, part = 0, hashlib.sha256(), bytearray()
        async for chunk in chunks:
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                raise ProtocolError(
                    413,
                    "request_too_large",
                    message("A file has 64 MiB at most. Divide it."),
                    # What is still to come of it must not be taken for the next request.
                    {"Connection": "close"},
                )
            digest.update(chunk)
            part += chunk
            while len(part) >= PART_BYTES:
                await self._store.add_part(run.id, bytes(part[:PART_BYTES]))
                del part[:PART_BYTES]
        if part:
            await self._store.add_part(run.id, bytes(part))
        if not size:
            raise ProtocolError(400, "invalid_request", message("The file is empty."))
        return size, digest.hexdigest()

    async def run(self, kind: ImportKind, id_: str, author: Author, reason: str) -> ImportRun:
        """Have it take effect, in the name of whoever says so; one that runs already runs on."""
        found = await self.get(kind, id_)
        if found.state in {"running", "done"}:
            return found
        fields = {"state": "running", "author": author.model_dump_json(), "reason": reason}
        outcome = await self._store.turn(id_, ("ready", "stopped"), fields, opens=True)
        if outcome == "gone":
            raise ProtocolError(409, "import_lapsed", LAPSED)
        if outcome == "otherwise":
            raise ProtocolError(
                409, "not_ready", message("It cannot run now: look at where it stands.")
            )
        return await self.get(kind, id_)

    async def stop(self, kind: ImportKind, id_: str) -> ImportRun:
        """Have it go no farther: what took effect stays, and it can be run on."""
        found = await self.get(kind, id_)
        if found.state == "running":
            await self._store.turn(id_, ("running",), {"state": "stopped"}, opens=False)
        return await self.get(kind, id_)

    async def discard(self, kind: ImportKind, id_: str) -> ImportRun:
        """Have nothing of it take effect any more; its rows go."""
        await self.get(kind, id_)
        await self._store.discard(id_, message("It was discarded."))
        return await self.get(kind, id_)

    async def refused(self, id_: str, start: int = 0) -> list[RefusedRow]:
        """Some of its refused rows."""
        return await self._store.refused(id_, start, MOST_REFUSED)

    async def changes(self, id_: str) -> list[SeenChange]:
        """The first of what would change."""
        return await self._store.changes(id_)
