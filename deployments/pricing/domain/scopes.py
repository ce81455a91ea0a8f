"""Which lines of a request something is about."""

from __future__ import annotations

from collections.abc import Sequence

from deployments.pricing.contract.codes import Scope
from deployments.pricing.contract.prices import PriceLine


def covered(lines: Sequence[PriceLine], scope: Scope) -> list[int]:
    """The indexes of the lines that a scope covers; of all if it names nothing."""
    if not scope.skus and not scope.categories:
        return list(range(len(lines)))
    names = {name.strip().casefold() for name in scope.categories}
    return [index for index, line in enumerate(lines) if _is_of(line, scope, names)]


def _is_of(line: PriceLine, scope: Scope, categories: set[str]) -> bool:
    if line.sku in scope.skus:
        return True
    own = {name.casefold() for path in line.categories for name in (path, path.split(" > ")[-1])}
    return bool(own & categories)
