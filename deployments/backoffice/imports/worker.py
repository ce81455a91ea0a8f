"""Works at imports: one at a time, in whichever replica has its lease, until nothing is to be done.

Killed anywhere, it leaves an import at the last batch that was noted, and within it at the item
that was being written. Whoever takes it up goes on there (`taking.py`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from redis.exceptions import RedisError

from deployments.backoffice.formats.items import (
    ImportItem,
    ImportKind,
    RefusedRow,
)
from deployments.backoffice.imports.asking import TRIES_AGAIN_SECONDS, BatchTally, or_refused
from deployments.backoffice.imports.desk import LAPSED
from deployments.backoffice.imports.effects import Comparison, Effect
from deployments.backoffice.imports.file_reader import FileBeingRead, ReadEntry, file_being_read
from deployments.backoffice.imports.pace import Pace
from deployments.backoffice.imports.run import (
    ITEMS_AT_ONCE,
    ImportBatch,
    ImportRun,
    SeenChange,
)
from deployments.backoffice.imports.store import (
    BatchNote,
    ImportClaim,
    ImportStore,
    LostImportError,
)
from deployments.backoffice.imports.taking import Taking
from deployments.backoffice.language import message
from deployments.backoffice.tables.limits import UnreadableError
from deployments.foundation.events.loop import Loop
from deployments.foundation.values.authorship import shortened

MOST_CLAIMS = 20
"""How often an import is taken up without coming on, until it is given up."""
_RENEWALS = 3.0
_EVERY_SECONDS = 1.0
_LONGEST_TICK_SECONDS = 24 * 3600.0
_log = logging.getLogger(__name__)


class ImportWorker:
    """Takes up imports and does what is to be done about them."""

    def __init__(
        self,
        store: ImportStore,
        effects: Mapping[ImportKind, Effect[Any]],
        *,
        pace: Callable[[], Pace] = Pace,
        lease_seconds: float = 15.0,
    ) -> None:
        self._store, self._effects, self._pace = store, effects, pace
        self._renew_every = lease_seconds / _RENEWALS

    async def tick(self) -> bool:
        """Do all that is to be done about one import; whether there was one."""
        claim = await self._store.claim()
        run = None if claim is None else await self._store.get(claim.id)
        if claim is None or run is None:
            return False
        try:
            async with self._held(claim):
                await self._work(claim, run)
        except LostImportError:
            _log.info("import %s is worked at elsewhere, or was stopped", claim.id)
        except Exception:
            # Another tick, here or elsewhere, takes it up where it was.
            await self._store.renew(claim, seconds=TRIES_AGAIN_SECONDS)
            raise
        return True

    @asynccontextmanager
    async def _held(self, claim: ImportClaim) -> AsyncIterator[None]:
        """Keeps the lease while something takes long, such as reading a file."""

        keeping = asyncio.create_task(self._keep(claim), name=f"import {claim.id}")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, claim: ImportClaim) -> None:
        while True:
            await asyncio.sleep(self._renew_every)
            try:
                await self._store.renew(claim)
            except LostImportError:
                return  # The next that is written is refused, which ends the work.
            except (RedisError, OSError):
                # The lease outlasts this; if it does not, the next that is written is refused.
                _log.exception("the lease of import %s was not renewed", claim.id)

    async def _work(self, claim: ImportClaim, run: ImportRun) -> None:
        if claim.claims > MOST_CLAIMS:
            trouble = message("It was taken up again and again and did not come on.")
            await self._fail(claim, trouble, {})
        elif run.state == "checking":
            await self._compare(claim, run)
        elif run.state == "running":
            await self._take(claim, run)

    async def _fail(
        self, claim: ImportClaim, trouble: str, values: Mapping[str, str | int]
    ) -> None:
        said = {"state": "failed", "trouble": trouble, "trouble_values": json.dumps(values)}
        await self._store.end(claim, said, drops=("file", "items"))

    async def _compare(self, claim: ImportClaim, run: ImportRun) -> None:
        """Read the file, and note what each of its items would change."""
        effect, pace, number = self._effects[run.kind], self._pace(), 0
        try:
            async with file_being_read(run.kind, self._store.parts(run.id)) as file:
                done = await self._store.place(run.id, "checking")
                told = _told(file)
                async for entries in _batches(file.entries()):
                    # Reading is the same each time: what was compared before is left behind.
                    if number >= done:
                        note = await _compared(effect, pace, entries, told)
                        await self._store.note(claim, "checking", number, note)
                    number += 1
                _log.info("the reader of import %s took %d KiB", run.id, file.peak_kibibytes)
        except UnreadableError as no:
            await self._fail(claim, no.message, no.values)
            return
        if number == 0:
            await self._fail(claim, message("The file has no rows that ask for anything."), {})
            return
        await self._store.end(claim, {"state": "ready"}, drops=("file",))

    async def _take(self, claim: ImportClaim, run: ImportRun) -> None:
        """Have item after item take effect, from the batch on that was not noted yet."""
        taking = Taking(self._store, claim, run, self._effects[run.kind], self._pace())
        number = await self._store.place(run.id, "running")
        while (batch := await self._store.batch(run.id, number)) is not None:
            tally = await taking.take(number, batch)
            await self._store.note(claim, "running", number, BatchNote(tally.counts, tally.refused))
            number += 1
        if number < await self._store.place(run.id, "checking"):
            await self._fail(claim, LAPSED, {})
            return
        await self._store.end(claim, {"state": "done"}, drops=("items",))


async def _compared(
    effect: Effect[Any], pace: Pace, entries: Sequence[ReadEntry], told: Mapping[str, str | int]
) -> BatchNote:
    """What these entries would change, as it is noted."""
    tally = BatchTally("checked")
    items: list[ImportItem] = []
    digests: list[str] = []
    changes: list[SeenChange] = []
    for entry in entries:
        if isinstance(entry, RefusedRow):
            tally.refuse(entry)
            continue
        comparison = await or_refused(entry, tally, pace, partial(effect.compare, entry))
        items.append(entry)
        digests.append("" if comparison is None else comparison.digest)
        if comparison is not None:
            tally.count(comparison.outcome)
            changes += _shown(entry, comparison)
    said = tuple(item.model_dump(mode="json", exclude_unset=True) for item in items)
    batch = ImportBatch(items=said, digests=tuple(digests))
    return BatchNote(tally.counts, tally.refused, changes, batch, told)


async def _batches(entries: AsyncIterator[ReadEntry]) -> AsyncIterator[list[ReadEntry]]:
    batch: list[ReadEntry] = []
    async for entry in entries:
        batch.append(entry)
        if len(batch) == ITEMS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _told(file: FileBeingRead) -> dict[str, str | int]:
    left_out = json.dumps(file.left_out)
    return {"wrote": file.wrote, "total": file.total, "left_out": left_out}


def _shown(item: ImportItem, comparison: Comparison) -> list[SeenChange]:
    """What the report shows of an item; nothing of one that changes nothing."""
    if comparison.outcome == "same":
        return []
    return [
        SeenChange(
            row=item.row,
            subject=comparison.subject,
            outcome=comparison.outcome,
            before=shortened(comparison.before),
            after=shortened(comparison.after),
        )
    ]


def import_loop(worker: ImportWorker, *, every: float = _EVERY_SECONDS) -> Loop:
    """Takes up imports in every replica; each is worked at by the one that has its lease."""
    return Loop("imports", worker.tick, every=every, tick_seconds=_LONGEST_TICK_SECONDS)
