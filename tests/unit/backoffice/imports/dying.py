"""Workers that are killed before or after a chosen step, and leave everything as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from deployments.backoffice.formats.items import ImportItem
from deployments.backoffice.imports.effects import Comparison, Doing, Effect
from deployments.backoffice.imports.run import BatchAttempt, Outcome
from deployments.backoffice.imports.store import BatchNote, ImportClaim, ImportStore, Place

Step = Literal["claim", "compare", "attempt", "take", "note", "end"]
When = Literal["before", "after"]


class KilledError(BaseException):
    """The process is gone: nothing that would catch an exception catches this."""


class Killer:
    """Kills whoever does a step for the `at`th time."""

    def __init__(self, step: Step, when: When, at: int) -> None:
        self._step, self._when, self._left = step, when, at

    def pass_by(self, step: Step, when: When) -> None:
        """Kill, if it is time."""
        if (step, when) != (self._step, self._when):
            return
        self._left -= 1
        if self._left == 0:
            raise KilledError


class DyingStore(ImportStore):
    """A store whose user is killed around what is written."""

    killer: Killer

    async def claim(self) -> ImportClaim | None:
        """Claim, or die."""
        self.killer.pass_by("claim", "before")
        found = await super().claim()
        self.killer.pass_by("claim", "after")
        return found

    async def attempt(self, claim: ImportClaim, attempt: BatchAttempt) -> None:
        """Write an attempt down, or die."""
        self.killer.pass_by("attempt", "before")
        await super().attempt(claim, attempt)
        self.killer.pass_by("attempt", "after")

    async def note(self, claim: ImportClaim, place: Place, before: int, note: BatchNote) -> None:
        """Note, or die."""
        self.killer.pass_by("note", "before")
        await super().note(claim, place, before, note)
        self.killer.pass_by("note", "after")

    async def end(
        self, claim: ImportClaim, fields: Mapping[str, str], *, drops: Iterable[str]
    ) -> None:
        """End, or die."""
        self.killer.pass_by("end", "before")
        await super().end(claim, fields, drops=drops)
        self.killer.pass_by("end", "after")


class DyingEffect:
    """An effect whose user is killed around it."""

    def __init__(self, effect: Effect[Any], killer: Killer) -> None:
        self._effect, self._killer = effect, killer

    async def compare(self, item: ImportItem) -> Comparison:
        """Compare, or die."""
        self._killer.pass_by("compare", "before")
        found = await self._effect.compare(item)
        self._killer.pass_by("compare", "after")
        return found

    async def take(self, item: ImportItem, digest: str, doing: Doing) -> Outcome:
        """Have it take effect, or die."""
        self._killer.pass_by("take", "before")
        outcome = await self._effect.take(item, digest, doing)
        self._killer.pass_by("take", "after")
        return outcome
