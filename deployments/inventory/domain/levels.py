"""Levels by location, as staff see them, from rows of the stock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from deployments.foundation.values.message import Message
from deployments.inventory.contract.ahead import NOT_HERE, AheadKind, AheadLevel, SaleAhead
from deployments.inventory.contract.levels import StockLevel
from deployments.inventory.domain.stock import State

_DAY_MS = 24 * 3600 * 1000


class AheadTerms(Message):
    """On what terms a SKU is sold before it is here; `until` is in milliseconds since 1970."""

    kind: AheadKind
    expected: date
    until: int


Places = Mapping[int, Mapping[State, int]]
"""A row of the stock: units by location id and state."""


def levels_of(sku: str, places: Places) -> tuple[StockLevel, ...]:
    """A SKU's levels in the order of locations; what is not here is at none of them."""
    return tuple(
        StockLevel(
            sku=sku,
            location_id=location,
            available=units.get(State.AVAILABLE, 0),
            held=units.get(State.RESERVED, 0),
            sold=units.get(State.COMMITTED, 0),
            incoming=units.get(State.INCOMING, 0),
        )
        for location, units in sorted(places.items())
        if location != NOT_HERE
    )


def ahead_of(sku: str, places: Places, terms: AheadTerms | None) -> AheadLevel | None:
    """What may be sold of a SKU before it is here; none if nothing ever was allowed, or is over."""
    here = places.get(NOT_HERE, {})
    if terms is None:
        return None
    return AheadLevel(
        sku=sku,
        kind=terms.kind,
        expected=terms.expected,
        waiting=here.get(State.RESERVED, 0) + here.get(State.COMMITTED, 0),
        left=here.get(State.ALLOWED, 0),
    )


def sale_ahead(places: Places, terms: AheadTerms | None, now: datetime) -> SaleAhead | None:
    """What can be sold of a SKU before it is here: nothing once the day is over."""
    left = places.get(NOT_HERE, {}).get(State.ALLOWED, 0)
    if terms is None or left <= 0 or now.timestamp() * 1000 >= terms.until:
        return None
    return SaleAhead(units=left, kind=terms.kind, expected=terms.expected)


def terms_of(kind: AheadKind, expected: date) -> AheadTerms:
    """The terms: they hold to the end of the day, in UTC."""
    day = datetime(expected.year, expected.month, expected.day, tzinfo=UTC)
    until = int(day.timestamp() * 1000) + _DAY_MS
    return AheadTerms(kind=kind, expected=expected, until=until)


def available(places: Places) -> int:
    """Units that can be sold, all locations together."""
    return sum(units.get(State.AVAILABLE, 0) for units in places.values())
