"""Stock against the ledger: every unit is in exactly one state, and every move is on record.

The stock and the ledger's end are read at one moment, so they agree to the unit however busy the
store is. Reservations are read before and after that moment: one that is open both times was open
in between, and one that is over by the second time is closed in the ledger by then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from deployments.inventory.domain.ledger import Movement, Stock, discrepancies, replay
from deployments.inventory.domain.stock import State
from deployments.inventory.records import ReservationRecord, ReservationRecords
from deployments.inventory.store import InventoryStore, LedgerEntry, Moment

Units = Counter[tuple[str, int]]
"""Units by SKU and location."""
_WAYS = frozenset(
    {
        (State.OUTSIDE, State.AVAILABLE),
        (State.AVAILABLE, State.RESERVED),
        (State.RESERVED, State.AVAILABLE),
        (State.RESERVED, State.COMMITTED),
        (State.COMMITTED, State.SHIPPED),
    }
)


class Replay:
    """What the ledger adds up to so far: the stock, and what each reservation sets aside."""

    def __init__(self) -> None:
        self.stock: Stock = Counter()
        self.reserved: defaultdict[str, Units] = defaultdict(Counter)
        self._to_ship: defaultdict[str, Units] = defaultdict(Counter)
        """What each reservation has sold that has not left yet."""
        self.wrong: list[Discrepancy] = []
        self.entries = 0

    def add(self, entries: Iterable[LedgerEntry]) -> None:
        """Take the next entries into account."""
        movements = []
        for key, movement in entries:
            self.entries += 1
            self.wrong += movement_is_possible(key, movement)
            if movement is not None:
                movements.append(movement)
                _count(self.reserved, movement, State.RESERVED)
                _count(self._to_ship, movement, State.COMMITTED)
                self.wrong += sold_before_it_left(key, movement, self._to_ship)
        self.stock.update(replay(movements))


def _count(units_of: dict[str, Units], movement: Movement, state: State) -> None:
    """Add what a movement brings into a state, or takes out of it, to its reservation's units."""
    change = (movement.target == state) - (movement.source == state)
    if movement.reservation is None or not change:
        return
    units = units_of[movement.reservation]
    units[movement.sku, movement.location_id] += change * movement.quantity
    if not any(units.values()):
        del units_of[movement.reservation]


class Doubt(NamedTuple):
    """A reservation that did not look like the ledger.

    `then` is what the ledger had set aside for it at the moment of the stock, `now` what it has
    after the reservation was read again.
    """

    reservation: ReservationRecord
    then: Units
    now: Units


async def check(books: Books) -> Findings:
    """Compare; what does not agree is compared once more."""
    store = books.inventory
    before, ledger = await _open_reservations(books.reservations), Replay()
    moment = await store.moment()
    await _extend(ledger, store, "0-0", moment.last)
    wrong = list(stock_is_the_ledger(moment.stock, ledger.stock))
    unlike = [*unlike_the_ledger(before, ledger.reserved)]
    if wrong or unlike:
        await books.pause()
        wrong = await _once_more(books, ledger, moment, wrong, unlike)
    places = {(sku, location) for sku, location, _ in moment.stock}
    counts = {"places": len(places), "ledger entries": ledger.entries}
    return Findings(counts | {"open reservations": len(before)}, (*ledger.wrong, *wrong))


async def _open_reservations(reservations: ReservationRecords) -> dict[str, ReservationRecord]:
    found: dict[str, ReservationRecord] = {}
    async for ids in reservations.ids():
        records = await reservations.records(ids)
        found |= {id_: record for id_, record in records.items() if record.is_open}
    return found


async def _extend(ledger: Replay, store: InventoryStore, after: str, until: str) -> None:
    async for page in store.ledger(after=after, until=until):
        ledger.add(page)


async def _once_more(
    books: Books,
    ledger: Replay,
    then: Moment,
    wrong: list[Discrepancy],
    unlike: list[str],
) -> list[Discrepancy]:
    aside = {id_: Counter(ledger.reserved.get(id_, {})) for id_ in unlike}
    records = await books.reservations.records(unlike)
    now = await books.inventory.moment()
    await _extend(ledger, books.inventory, then.last, now.last)
    doubts = [
        Doubt(records[id_], aside[id_], Counter(ledger.reserved.get(id_, {}))) for id_ in unlike
    ]
    again = [one for one in stock_is_the_ledger(now.stock, ledger.stock) if one in wrong]
    return again + [one for doubt in doubts for one in reservation_is_in_the_ledger(doubt)]


def movement_is_possible(key: str, movement: Movement | None) -> Iterator[Discrepancy]:
    """An entry moves at least one unit, on one of the ways that units take."""
    if movement is None:
        yield Discrepancy("entry_unreadable", (key,), "The ledger's entry cannot be read.")
    elif movement.quantity < 1 or (movement.source, movement.target) not in _WAYS:
        what = f"{movement.quantity} units move from {movement.source} to {movement.target}."
        yield Discrepancy("entry_impossible", (key,), what)


def sold_before_it_left(
    key: str, movement: Movement, to_ship: Mapping[str, Units]
) -> Iterator[Discrepancy]:
    """Of a reservation no more units leave a location than it has sold there."""
    place = (movement.sku, movement.location_id)
    left = to_ship.get(movement.reservation or "", Counter())[place]
    if movement.target == State.SHIPPED and left < 0:
        what = f"{-left} of {movement.sku} left that {movement.reservation} had not sold."
        yield Discrepancy("left_unsold", (key,), what)


def stock_is_the_ledger(stock: Stock, ledger: Stock) -> Iterator[Discrepancy]:
    """Every SKU has at every location, in every state, what the ledger adds up to; never less."""
    for found in discrepancies(stock, ledger):
        where = _place(found.sku, found.location_id)
        what = f"{found.in_stock} units are {found.state}, by the ledger {found.in_ledger}."
        yield Discrepancy("stock_differs", (f"{where} {found.state}",), what)
    for (sku, location, state), units in stock.items():
        if units < 0:
            what = f"{units} units are {state}."
            yield Discrepancy("stock_negative", (f"{_place(sku, location)} {state}",), what)


def _place(sku: str, location: int) -> str:
    return f"{InventoryStore.STOCK} {sku} at location {location}"


def unlike_the_ledger(
    reservations: Mapping[str, ReservationRecord], reserved: Mapping[str, Units]
) -> Iterator[str]:
    """Reservations that set aside something else than the ledger says, by their ids."""
    for id_ in sorted({*reservations, *reserved}):
        record = reservations.get(id_)
        if (units_of(record) if record else Counter()) != reserved.get(id_, Counter()):
            yield id_


def units_of(reservation: ReservationRecord) -> Units:
    """What a reservation sets aside, or did until it was over."""
    units: Units = Counter()
    for taken in reservation.allocations or ():
        units[taken.sku, taken.location_id] += taken.quantity
    return units


def reservation_is_in_the_ledger(doubt: Doubt) -> Iterator[Discrepancy]:
    """An open reservation has set aside what the ledger says, and one that is over, nothing."""
    reservation = doubt.reservation
    expected = units_of(reservation) if reservation.is_open else Counter()
    found = doubt.then if reservation.is_open else doubt.now
    if found != expected:
        state = reservation.state or "gone"
        what = f"It is {state} with {_said(expected)}, by the ledger it has {_said(found)}."
        yield Discrepancy("reservation_differs", (reservation.key,), what)


def _said(units: Units) -> str:
    parts = [f"{n} of {sku} at {location}" for (sku, location), n in sorted(units.items()) if n]
    return ", ".join(parts) or "nothing"
