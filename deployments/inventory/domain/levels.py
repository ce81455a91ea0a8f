"""Levels by location, as staff see them, from rows of the stock."""

from __future__ import annotations

from collections.abc import Mapping

from deployments.inventory.contract.levels import StockLevel
from deployments.inventory.domain.stock import State

Places = Mapping[int, Mapping[State, int]]
"""A row of the stock: units by location id and state."""


def levels_of(sku: str, places: Places) -> tuple[StockLevel, ...]:
    """A SKU's levels in the order of locations."""
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
    )


def available(places: Places) -> int:
    """Units that can be sold, all locations together."""
    return sum(units.get(State.AVAILABLE, 0) for units in places.values())
