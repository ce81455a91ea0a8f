"""All trials in one table: what was done, how often, what clients saw, and what the books said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from tests.faults.trials import Outcome

_HEAD = (
    *("fault", "times", "requests during it", "client errors seen", "orders", "no's"),
    *("parts back after", "longest without an order", "slowest answer"),
    *("sagas ended after", "events consumed after", "audit"),
)


def table(outcomes: Iterable[Outcome]) -> str:
    """The trials as Markdown, a line a fault, the worst of its times; and what went wrong."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.fault)
    rows = [_row(name, list(of)) for name, of in groupby(ordered, lambda one: one.fault)]
    lines = [_HEAD, tuple("---" for _ in _HEAD), *rows, _sum(ordered)]
    shown = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return "\n".join([shown, *_failures(ordered)])


def _row(name: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    failed = sum(outcome.failure is not None for outcome in outcomes)
    return (
        *_counts(name, outcomes),
        f"{max(outcome.repaired for outcome in outcomes):.1f} s",
        f"{max(outcome.standstill for outcome in outcomes):.1f} s",
        f"{max(outcome.slowest for outcome in outcomes):.1f} s",
        f"{max(outcome.settled for outcome in outcomes):.1f} s",
        f"{max(outcome.consumed for outcome in outcomes):.1f} s",
        f"FAILED {failed} times" if failed else "clean",
    )


def _sum(outcomes: list[Outcome]) -> tuple[str, ...]:
    failed = sum(outcome.failure is not None for outcome in outcomes)
    return (*_counts("all", outcomes), *[""] * 5, f"FAILED {failed} times" if failed else "clean")


def _counts(name: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    failures = sum((outcome.failures for outcome in outcomes), Counter[str]())
    kinds = ", ".join(f"{kind}: {count}" for kind, count in failures.most_common())
    return (
        name,
        str(len(outcomes)),
        str(sum(outcome.requests for outcome in outcomes)),
        kinds or "none",
        str(sum(outcome.orders for outcome in outcomes)),
        str(sum(outcome.rejections for outcome in outcomes)),
    )


def _failures(outcomes: list[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.failure is not None:
            first, *_ = str(outcome.failure).splitlines() or [""]
            yield f"\n{outcome.fault}: {type(outcome.failure).__name__} {first}"
