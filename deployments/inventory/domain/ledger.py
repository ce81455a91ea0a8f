"""The ledger of all movements, and whether it adds up to the stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from deployments.foundation.values.message import Message
from deployments.inventory.domain.stock import State


class Movement(Message):
    """One entry of the ledger: units of a SKU at a location that went from one state to another.

    Those that are sold before they are here are at the location `NOT_HERE`.

    `batch`, `reservation`, `change` or `transfer` says on whose account. `why` is received,
    reserved, committed, released, lapsed, shipped or filled (given to whoever waits for it); or, by
    staff, adjusted, counted, sent, arrived or allowed, and then `author` is who did it and `reason`
    why. `at` is in milliseconds since 1970.
    """

    sku: str
    location_id: int
    source: State
    target: State
    quantity: int
    why: str
    at: int
    batch: str | None = None
    reservation: str | None = None
    change: str | None = None
    transfer: str | None = None
    author: str | None = None
    reason: str | None = None


Stock = Counter[tuple[str, int, State]]
"""Units by SKU, location and state."""


class StockDiscrepancy(Message):
    """Units that the stock shows and the ledger does not, or the other way round."""

    sku: str
    location_id: int
    state: State
    in_stock: int
    in_ledger: int


def replay(movements: Iterable[Movement]) -> Stock:
    """The stock to which these movements add up, from nothing."""
    stock: Stock = Counter()
    for movement in movements:
        stock[movement.sku, movement.location_id, movement.source] -= movement.quantity
        stock[movement.sku, movement.location_id, movement.target] += movement.quantity
    return Counter({place: n for place, n in stock.items() if n and place[2] != State.OUTSIDE})


def discrepancies(stock: Stock, ledger: Stock) -> tuple[StockDiscrepancy, ...]:
    """Every place where the two differ, in order; none if the books are right."""
    return tuple(
        StockDiscrepancy(
            sku=place[0],
            location_id=place[1],
            state=place[2],
            in_stock=stock[place],
            in_ledger=ledger[place],
        )
        for place in sorted({*stock, *ledger})
        if stock[place] != ledger[place]
    )
