"""How good search is, by queries that people have judged.

`judged_queries.jsonl` says of each query which products should come first (`best`) and which are
welcome behind them (`good`), by title or, with an `@`, by category; neither means that the store
has nothing of the kind and should say so. `python -m tests.unit.catalog.search_quality` writes
`docs/search.md` anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deployments.catalog.contract import Product
from deployments.catalog.domain.text import searchable
from deployments.catalog.index import SearchIndex
from deployments.catalog.seed import products

QUERIES = Path(__file__).with_name("judged_queries.jsonl")
PAGE = Path(__file__).parents[3] / "docs/search.md"
SHOWN = 10
"""Products of an answer that count: the first page."""
_BEST, _GOOD = 2, 1


@dataclass(frozen=True)
class Judged:
    """A query, and how welcome products are in its answer, by title."""

    query: str
    grades: dict[str, int]


@dataclass(frozen=True)
class Measured:
    """An answer's titles, and how close its first page is to the best order: nDCG@10, 0 to 1."""

    judged: Judged
    titles: tuple[str, ...]

    @property
    def ndcg(self) -> float:
        """The gain, summed 2^grade - 1 over log2(rank + 1), as a part of the best gain."""
        grades = self.judged.grades
        best = _gain(sorted(grades.values(), reverse=True))
        if not best:
            return float(not self.titles)
        return _gain([grades.get(title, 0) for title in self.titles]) / best

    @property
    def wrongly_empty(self) -> bool:
        """Whether nothing was found of what the store has."""
        return bool(self.judged.grades) and not self.titles

    @property
    def wrongly_answered(self) -> bool:
        """Whether something was found though the store has nothing of the kind."""
        return not self.judged.grades and bool(self.titles)


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades[:SHOWN]))


MOST = 1_000
"""More products than there are."""


@cache
def shipped() -> dict[str, Product]:
    """The products that the store ships with, by id."""
    return {product.id: product for product in products()}


@cache
def index() -> SearchIndex:
    """The search index over them."""
    return SearchIndex({id_: searchable(product) for id_, product in shipped().items()})


def titles(query: str) -> tuple[str, ...]:
    """What a query finds, best first."""
    return tuple(shipped()[hit.product_id].title for hit in index().search(query, MOST))


def judged() -> list[Judged]:
    """All judged queries."""
    rows = [json.loads(line) for line in QUERIES.read_text().splitlines()]
    return [
        Judged(row["query"], {**_grades(row["good"], _GOOD), **_grades(row["best"], _BEST)})
        for row in rows
    ]


def _grades(selectors: Sequence[str], grade: int) -> dict[str, int]:
    chosen = {title: grade for selector in selectors for title in _chosen(selector)}
    if len(selectors) > len(chosen):
        raise ValueError(f"a product of {selectors} is not in the catalogue")
    return chosen


def _chosen(selector: str) -> list[str]:
    return [
        product.title
        for product in shipped().values()
        if selector in {product.title, *(f"@{name}" for name in product.categories)}
    ]


def measured() -> list[Measured]:
    """Every judged query with its answer."""
    return [Measured(each, titles(each.query)) for each in judged()]


def page(answers: Sequence[Measured]) -> str:
    """The figures as a page of the docs."""
    sold = [answer for answer in answers if answer.judged.grades]
    absent = [answer for answer in answers if not answer.judged.grades]
    empty = sum(not answer.wrongly_answered for answer in absent)
    lines = [
        "# How good search is",
        "",
        "Made by `python -m tests.unit.catalog.search_quality` from the queries in",
        "`tests/unit/catalog/judged_queries.jsonl`; a test holds the figures.",
        "",
        "| figure | value |",
        "| --- | --- |",
        f"| judged queries | {len(answers)} |",
        f"| nDCG@{SHOWN} of {len(sold)} for what the store sells | {mean_ndcg(sold):.3f} |",
        f"| of these with the best product first | {sum(_first(each) for each in sold)} |",
        f"| of these answered with nothing | {sum(each.wrongly_empty for each in sold)} |",
        f"| of {len(absent)} for what it does not sell, answered with nothing | {empty} |",
        "",
        "| query | nDCG | first |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_row, sorted(answers, key=lambda each: each.ndcg)), ""])


def mean_ndcg(answers: Sequence[Measured]) -> float:
    """The mean over queries."""
    return sum(answer.ndcg for answer in answers) / len(answers)


def _first(answer: Measured) -> bool:
    return bool(answer.titles) and answer.judged.grades.get(answer.titles[0]) == _BEST


def _row(answer: Measured) -> str:
    first = answer.titles[0] if answer.titles else "nothing"
    return f"| {answer.judged.query} | {answer.ndcg:.2f} | {first} |"


if __name__ == "__main__":
    PAGE.write_text(page(measured()))
