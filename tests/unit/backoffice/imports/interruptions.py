"""A worker that is interrupted wherever it asks somebody for something."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from tests.unit.backoffice.imports.deeds import Deed
from tests.unit.backoffice.imports.dying import KilledError

T = TypeVar("T")
End = Literal["goes on", "is killed", "is overtaken", "is stopped"]


@dataclass(frozen=True)
class Interruption:
    """What happens after so many further questions and answers, and what then becomes of the
    worker."""

    after: int
    deeds: tuple[Deed, ...]
    then: End


@dataclass
class Crossings:
    """Where the worker meets others: `act` does what an interruption says."""

    act: Callable[[Interruption], Awaitable[None]]
    to_come: list[Interruption] = field(default_factory=list)
    _passed: int = 0
    _inside: bool = False

    def expect(self, interruptions: list[Interruption]) -> None:
        """These happen from now on, one after the other."""
        self.to_come, self._passed = list(interruptions), 0

    async def pass_by(self) -> None:
        """A question is about to be asked, or was answered."""
        if self._inside or not self.to_come:
            return
        if self._passed < self.to_come[0].after:
            self._passed += 1
            return
        self._passed, self._inside = 0, True
        try:
            await self.act(self.to_come.pop(0))
        finally:
            self._inside = False

    def around(self, whom: T) -> T:
        """Somebody whom the worker asks."""
        return cast(T, _Asked(whom, self))


class _Asked:
    def __init__(self, whom: object, crossings: Crossings) -> None:
        self._whom, self._crossings = whom, crossings

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever is there.
        found = getattr(self._whom, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def ask(*words: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is asked.
            await self._crossings.pass_by()
            answer = await found(*words, **named)
            await self._crossings.pass_by()
            return answer

        return ask


async def survived(work: Awaitable[bool]) -> bool:
    """Whether a worker came to the end of its tick."""
    try:
        await work
    except KilledError:
        return False
    return True
