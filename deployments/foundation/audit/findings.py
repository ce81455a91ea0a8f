"""What an audit says: what was checked, how many, and what does not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Discrepancy:
    """Stored state that breaks a rule: which rule, under which keys, and what is wrong in words.

    Two with the same rule and keys are the same.
    """

    rule: str
    keys: tuple[str, ...]
    what: str = field(compare=False)


@dataclass(frozen=True)
class Findings:
    """How many of each kind were looked at, and what was found.

    `notes` are what an operator should know though it is no discrepancy.
    """

    checked: Mapping[str, int]
    discrepancies: tuple[Discrepancy, ...] = ()
    notes: tuple[str, ...] = ()


Part = Callable[[], Awaitable[Findings]]
"""A part of a check: of one service's books, or of several ones'."""


@dataclass(frozen=True)
class Check:
    """One check: its name, what it compares, and the parts that it consists of."""

    name: str
    title: str
    parts: tuple[Part, ...]

    async def run(self) -> Findings:
        """What all parts find, one after another."""
        return together([await _findings(part) for part in self.parts])


@dataclass(frozen=True)
class Report:
    """The findings of one check."""

    check: Check
    findings: Findings


def together(parts: Iterable[Findings]) -> Findings:
    """The findings of several parts as one; what they looked at is added up."""
    checked, discrepancies, notes = Counter[str](), list[Discrepancy](), list[str]()
    for part in parts:
        checked.update(part.checked)
        discrepancies += part.discrepancies
        notes += part.notes
    return Findings(dict(checked), tuple(discrepancies), tuple(notes))


async def _findings(part: Part) -> Findings:
    """What a part finds; that it met something it cannot read is a finding too."""
    try:
        return await part()
    except (ValueError, LookupError) as unreadable:
        what = f"The check stopped at something that cannot be read: {line_of(unreadable)}."
        return Findings({}, (Discrepancy("unreadable", (), what),))


def line_of(failure: Exception) -> str:
    """An exception's text on one line, or its name if it has none."""
    return " ".join(str(failure).split()).rstrip(".") or type(failure).__name__
