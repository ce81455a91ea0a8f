"""All trials in one table: what was done, how often, what clients saw, and what the books said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from tests.faults.trials import Outcome

_HEAD = (
    *("fault", "times", "requests during it", "client errors seen", "orders", "no's"),
    *("longest without an order", "slowest answer", "sagas ended after", "audit"),
)


def table(outcomes: Iterable[Outcome]) -> str:
    """The trials as Markdown, a line a fault; every one of them ended with a clean audit."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.fault)
    rows = [_row(name, list(of)) for name, of in groupby(ordered, lambda one: one.fault)]
    lines = [_HEAD, tuple("---" for _ in _HEAD), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(name: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    failures = sum((outcome.failures for outcome in outcomes), Counter[str]())
    kinds = ", ".join(f"{kind}: {count}" for kind, count in failures.most_common())
    return (
        name,
        str(len(outcomes)),
        str(sum(outcome.requests for outcome in outcomes)),
        kinds or "none",
        str(sum(outcome.orders for outcome in outcomes)),
        str(sum(outcome.refusals for outcome in outcomes)),
        f"{max(outcome.standstill for outcome in outcomes):.1f} s",
        f"{max(outcome.slowest for outcome in outcomes):.1f} s",
        f"{max(outcome.settled for outcome in outcomes):.1f} s",
        "clean",
    )
