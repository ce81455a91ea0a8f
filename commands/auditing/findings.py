"""What an audit says: what was checked, how many, and what does not agree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from commands.auditing.books import Books


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
    discrepancies: tuple[Discrepancy, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One check: its name, what it compares, and how."""

    name: str
    title: str
    run: Callable[[Books], Awaitable[Findings]]


@dataclass(frozen=True)
class Report:
    """The findings of one check."""

    check: Check
    findings: Findings
