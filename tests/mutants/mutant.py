"""One wrong result: a place, what stood there, and what stands there instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A file's text with one change in it."""

    path: str
    line: int
    was: str
    is_now: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.was}  ->  {self.is_now or '(nothing)'}"
