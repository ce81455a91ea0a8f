"""What price lists take off a line: of all entries that apply, the best one for the buyer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from deployments.pricing.contract.codes import Scope
from deployments.pricing.contract.price_lists import PriceEntry, PriceList
from deployments.pricing.contract.prices import PriceLine
from deployments.pricing.domain.percentages import percent_off
from deployments.pricing.domain.scopes import covered


class Listed(NamedTuple):
    """An entry of a list."""

    of: PriceList
    entry: PriceEntry


@dataclass(frozen=True)
class ListedPrices:
    """All entries: those of a SKU by it, and those of categories and of everything."""

    by_sku: Mapping[str, tuple[Listed, ...]] = field(default_factory=dict)
    wide: tuple[Listed, ...] = ()
    lists: tuple[PriceList, ...] = ()

    def of(self, line: PriceLine) -> tuple[Listed, ...]:
        """The entries that may be about a line."""
        return (*self.by_sku.get(line.sku, ()), *self.wide)


def listed_prices(lists: Iterable[PriceList]) -> ListedPrices:
    """The entries of these lists, those of what was ended left out."""
    held = tuple(sorted((one for one in lists if one.enabled), key=lambda one: one.id))
    by_sku: dict[str, list[Listed]] = defaultdict(list)
    wide: list[Listed] = []
    for one in held:
        for entry in one.entries:
            (wide if entry.sku is None else by_sku[entry.sku]).append(Listed(one, entry))
    return ListedPrices({sku: tuple(found) for sku, found in by_sku.items()}, tuple(wide), held)


class TakenOff(NamedTuple):
    """What a list takes off a line, in cents."""

    of: PriceList
    amount: int


def best_listed(
    line: PriceLine,
    units: int,
    prices: ListedPrices,
    groups: frozenset[str],
    in_force: Mapping[str, bool],
) -> TakenOff | None:
    """What takes most off; of equals the list with the first id. None where nothing does.

    `units` are those of the line's SKU over all lines, and `in_force` says which lists hold now.
    """
    found = (
        TakenOff(one.of, _amount(line, one.entry))
        for one in prices.of(line)
        if in_force[one.of.id]
        and (not one.of.groups or one.of.groups & groups)
        and _applies(line, units, one.entry)
    )
    real = [one for one in found if one.amount > 0]
    return max(real, key=lambda one: one.amount, default=None)


def _applies(line: PriceLine, units: int, entry: PriceEntry) -> bool:
    if units < entry.at_least:
        return False
    if entry.sku is not None or entry.category is None:
        return True
    return bool(covered([line], Scope(categories=frozenset({entry.category}))))


def _amount(line: PriceLine, entry: PriceEntry) -> int:
    if entry.price is not None:
        return max(0, line.unit_price - entry.price) * line.quantity
    return percent_off(line.unit_price * line.quantity, entry.percent or "0")
