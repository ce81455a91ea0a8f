"""A batch takes effect, item by item, and once, whoever was killed at it before.

Before an item is written, it is written down upon which revision that happens. An item that may
have been written upon another one is left alone: it may have taken effect and been undone since.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from deployments.backoffice.formats.items import ITEMS
from deployments.backoffice.imports.asking import BatchTally, or_refused
from deployments.backoffice.imports.effects import (
    Doing,
    Effect,
    Revision,
    changed_meanwhile,
)
from deployments.backoffice.imports.pace import Pace
from deployments.backoffice.imports.run import BatchAttempt, ImportBatch, ImportRun, Outcome
from deployments.backoffice.imports.store import ImportClaim, ImportStore

_LONGEST_REASON = 500


class Taking:
    """An import that takes effect in the hands of one worker."""

    def __init__(
        self,
        store: ImportStore,
        claim: ImportClaim,
        run: ImportRun,
        effect: Effect[Any],
        pace: Pace,
    ) -> None:
        self._store, self._claim, self._run = store, claim, run
        self._effect, self._pace = effect, pace
        self._reason = f"{run.reason} · import {run.id}"[-_LONGEST_REASON:]

    async def take(self, number: int, batch: ImportBatch) -> BatchTally:
        """Have a batch take effect, from the item on that an earlier worker was about to write.

        Raises `LostImportError`.
        """
        before = await self._store.attempted(self._run.id, number)
        tally = BatchTally("made")
        if before is not None:
            tally = BatchTally("made", dict(before.counts), list(before.refused))
        for place, (said, digest) in enumerate(zip(batch.items, batch.digests, strict=True)):
            # One without a digest was refused when it was compared.
            if not digest or (before is not None and place < before.item):
                continue
            known = before.revision if before is not None and place == before.item else None
            attempts = _ItemAttempts(self._noting(number, place, tally), known)
            await self._one(said, digest, attempts, tally)
        return tally

    async def _one(
        self, said: object, digest: str, attempts: _ItemAttempts, tally: BatchTally
    ) -> None:
        item = ITEMS[self._run.kind].model_validate_json(json.dumps(said))
        doing = Doing(self._run.id, self._run.author, self._reason, attempts)

        async def take() -> Outcome:
            attempts.again()
            return await self._effect.take(item, digest, doing)

        outcome = await or_refused(item, tally, self._pace, take)
        if outcome is not None:
            tally.count(outcome)

    def _noting(
        self, number: int, place: int, tally: BatchTally
    ) -> Callable[[Revision], Awaitable[None]]:
        async def note(revision: Revision) -> None:
            attempt = BatchAttempt(
                number=number,
                item=place,
                revision=revision,
                counts=tally.counts,
                refused=tuple(tally.refused),
            )
            await self._store.attempt(self._claim, attempt)

        return note


class _ItemAttempts:
    """Implements `Attempts`. `known` is the revision upon which the item may have been written."""

    def __init__(self, note: Callable[[Revision], Awaitable[None]], known: Revision | None) -> None:
        self._note, self._last, self._unresolved = note, known, known

    def again(self) -> None:
        """The item is begun; what became of the last attempt is not known, if there was one."""
        self._unresolved = self._last

    async def attempt(self, subject: str, revision: Revision) -> None:
        """Write it down, or refuse."""
        if self._unresolved not in {None, revision}:
            raise changed_meanwhile(subject)
        await self._note(revision)
        self._last = revision
