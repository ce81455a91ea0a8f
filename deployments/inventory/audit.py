"""The checks of inventory's own books: stock against the ledger, reservations, and events.

The stock and the ledger's end are read at one moment, so they agree to the unit however busy the
store is. Reservations are read before and after that moment: one that is open both times was open
in between, and one that is over by the second time is closed in the ledger by then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.overdue import overdue
from deployments.foundation.audit.published import PublishedEvents, Truth, as_told
from deployments.foundation.events.publishing import Envelope
from deployments.inventory.contract.ahead import NOT_HERE
from deployments.inventory.domain.ledger import Movement, Stock, discrepancies, replay
from deployments.inventory.domain.stock import State
from deployments.inventory.events import StockCommitted, StockReleased, StockReserved
from deployments.inventory.records import (
    BEGINNING,
    InventoryRecords,
    LedgerEntry,
    ReservationRecord,
    StockMoment,
)

PlacedUnits = Counter[tuple[str, int]]
"""Units by SKU and location."""
_WAYS = frozenset(
    {
        (State.OUTSIDE, State.AVAILABLE),
        (State.AVAILABLE, State.RESERVED),
        (State.RESERVED, State.AVAILABLE),
        (State.RESERVED, State.COMMITTED),
        (State.COMMITTED, State.SHIPPED),
        (State.AVAILABLE, State.OUTSIDE),
        (State.OUTSIDE, State.INCOMING),
        (State.INCOMING, State.AVAILABLE),
        (State.AVAILABLE, State.COMMITTED),
    }
)
_WAYS_AHEAD = frozenset(
    {
        (State.OUTSIDE, State.ALLOWED),
        (State.ALLOWED, State.OUTSIDE),
        (State.ALLOWED, State.RESERVED),
        (State.RESERVED, State.ALLOWED),
        (State.RESERVED, State.COMMITTED),
        (State.RESERVED, State.OUTSIDE),
        (State.COMMITTED, State.OUTSIDE),
    }
)
"""What becomes of units that are sold before they are here; when they are, others take their
place."""
_AWAITED = frozenset({State.RESERVED, State.COMMITTED})
_RESERVATION_STATES = {StockCommitted.type: "committed", StockReleased.type: "released"}


class LedgerReplay:
    """What the ledger adds up to so far: the stock, and what each reservation sets aside."""

    def __init__(self) -> None:
        self.stock: Stock = Counter()
        self.reserved: defaultdict[str, PlacedUnits] = defaultdict(Counter)
        self._to_ship: defaultdict[str, PlacedUnits] = defaultdict(Counter)
        """What each reservation has sold that has not left yet."""
        self._sent: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """What each transfer took from its source and did not put on its way, by SKU."""
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
                self._count_sent(movement)
        self.stock.update(replay(movements))

    def _count_sent(self, movement: Movement) -> None:
        sent = (movement.source == State.AVAILABLE) - (movement.target == State.INCOMING)
        if movement.transfer is not None and sent:
            self._sent[movement.transfer][movement.sku] += sent * movement.quantity

    def unbalanced(self) -> Iterator[Discrepancy]:
        """Transfers that put other units on their way than they took."""
        for transfer, units in sorted(self._sent.items()):
            for sku, lost in sorted(units.items()):
                if lost:
                    what = f"{lost} of {sku} were taken from their location and not sent."
                    yield Discrepancy("transfer_unbalanced", (transfer,), what)


def _count(units_of: dict[str, PlacedUnits], movement: Movement, state: State) -> None:
    """Add what a movement brings into a state, or takes out of it, to its reservation's units."""
    change = (movement.target == state) - (movement.source == state)
    if movement.reservation is None or not change:
        return
    units = units_of[movement.reservation]
    units[movement.sku, movement.location_id] += change * movement.quantity
    if not any(units.values()):
        del units_of[movement.reservation]


class ReservationDoubt(NamedTuple):
    """A reservation that did not look like the ledger.

    `then` is what the ledger had set aside for it at the moment of the stock, `now` what it has
    after the reservation was read again.
    """

    reservation: ReservationRecord
    then: PlacedUnits
    now: PlacedUnits


class InventoryAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = InventoryRecords(redis)

    async def stock(self) -> Findings:
        """Compare stock, reservations and ledger; what does not agree is compared once more."""
        before, ledger = await self._open_reservations(), LedgerReplay()
        moment = await self._records.moment()
        await self._extend(ledger, BEGINNING, moment.last)
        wrong = list(stock_is_the_ledger(moment.stock, ledger.stock))
        unlike = [*unlike_the_ledger(before, ledger.reserved)]
        if wrong or unlike:
            await self._inspection.pause()
            wrong = await self._once_more(ledger, moment, wrong, unlike)
        places = {(sku, location) for sku, location, _ in moment.stock}
        counts = {"places": len(places), "ledger entries": ledger.entries}
        found = (*ledger.wrong, *ledger.unbalanced(), *wrong, *lists_are_the_stock(moment))
        return Findings(counts | {"open reservations": len(before)}, found)

    async def _open_reservations(self) -> dict[str, ReservationRecord]:
        found: dict[str, ReservationRecord] = {}
        async for ids in self._records.reservation_ids():
            records = await self._records.reservations(ids)
            found |= {id_: record for id_, record in records.items() if record.is_open}
        return found

    async def _extend(self, ledger: LedgerReplay, after: str, until: str) -> None:
        async for page in self._records.ledger(after=after, until=until):
            ledger.add(page)

    async def _once_more(
        self, ledger: LedgerReplay, then: StockMoment, wrong: list[Discrepancy], unlike: list[str]
    ) -> list[Discrepancy]:
        aside = {id_: Counter(ledger.reserved.get(id_, {})) for id_ in unlike}
        records = await self._records.reservations(unlike)
        now = await self._records.moment()
        await self._extend(ledger, then.last, now.last)
        doubts = [
            ReservationDoubt(records[id_], aside[id_], Counter(ledger.reserved.get(id_, {})))
            for id_ in unlike
        ]
        again = [one for one in stock_is_the_ledger(now.stock, ledger.stock) if one in wrong]
        return again + [one for doubt in doubts for one in reservation_is_in_the_ledger(doubt)]

    async def holds(self) -> Findings:
        """Every reservation, and whether it lapses."""
        count, wrong = await self._inspection.each(self._records.reservation_ids(), self._held)
        return Findings({"reservations": count}, tuple(wrong))

    async def _held(self, ids: Sequence[str]) -> Suspects:
        records = await self._records.reservations(ids)
        return suspects((id_, hold_lapses(record)) for id_, record in records.items())

    async def lapsing(self) -> Findings:
        """Holds that should have lapsed."""
        return await overdue(
            self._records.holds_due,
            _not_lapsed,
            kind="holds",
            redis=self._redis,
            inspection=self._inspection,
        )

    async def events(self) -> Findings:
        """What was published of reservations. How much is left of a SKU is no lasting event."""
        truth = Truth(self._records.reservations, reservation_is_published, _has_lines)
        return await PublishedEvents("inventory", self._redis, self._inspection, truth).check()


def _not_lapsed(id_: str, late: str) -> Discrepancy:
    what = f"It is still held, {late} after it should have lapsed."
    return Discrepancy("hold_overdue", (InventoryRecords.reservation_key(id_),), what)


def _has_lines(envelope: Envelope) -> bool:
    return "lines" in envelope.data


def movement_is_possible(key: str, movement: Movement | None) -> Iterator[Discrepancy]:
    """An entry moves at least one unit, on one of the ways that units take."""
    if movement is None:
        yield Discrepancy("entry_unreadable", (key,), "The ledger's entry cannot be read.")
    elif movement.quantity < 1 or (movement.source, movement.target) not in _ways(movement):
        what = f"{movement.quantity} units move from {movement.source} to {movement.target}."
        yield Discrepancy("entry_impossible", (key,), what)


def _ways(movement: Movement) -> frozenset[tuple[State, State]]:
    return _WAYS_AHEAD if movement.location_id == NOT_HERE else _WAYS


def sold_before_it_left(
    key: str, movement: Movement, to_ship: Mapping[str, PlacedUnits]
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


def lists_are_the_stock(moment: StockMoment) -> Iterator[Discrepancy]:
    """SKUs are filed under what can be sold of them, and what is incoming is in a transfer."""
    available: Counter[str] = Counter(dict.fromkeys((sku for sku, _, _ in moment.stock), 0))
    incoming: PlacedUnits = Counter()
    for (sku, location, state), units in moment.stock.items():
        available[sku] += units if state == State.AVAILABLE else 0
        incoming[sku, location] += units if state == State.INCOMING else 0
    for sku in sorted(available):
        if moment.levels.get(sku) != available[sku]:
            what = f"{available[sku]} can be sold, filed are {moment.levels.get(sku)}."
            yield Discrepancy("level_differs", (f"{InventoryRecords.STOCK} {sku}",), what)
    yield from nobody_waits_in_vain(moment, available)
    for place in sorted({*incoming, *moment.on_the_way}):
        if incoming[place] != moment.on_the_way[place]:
            what = f"{incoming[place]} are incoming, transfers have {moment.on_the_way[place]}."
            yield Discrepancy("transfer_differs", (_place(*place),), what)


def nobody_waits_in_vain(
    moment: StockMoment, available: Mapping[str, int]
) -> Iterator[Discrepancy]:
    """Whoever waits for a SKU is in its queue, and there is none of it that could be sold."""
    waiting: Counter[str] = Counter()
    for (sku, location, state), units in moment.stock.items():
        waiting[sku] += units if location == NOT_HERE and state in _AWAITED else 0
    for sku in sorted(sku for sku, units in waiting.items() if units):
        if available.get(sku, 0) > 0:
            what = f"{waiting[sku]} are waited for, and {available[sku]} can be sold."
            yield Discrepancy("waits_in_vain", (f"{InventoryRecords.STOCK} {sku}",), what)
    for sku in sorted({*(+waiting), *(sku for sku, n in moment.queues.items() if n)}):
        if bool(waiting[sku]) != bool(moment.queues.get(sku)):
            what = f"{waiting[sku]} are waited for, {moment.queues.get(sku, 0)} wait for them."
            yield Discrepancy("queue_differs", (f"{InventoryRecords.STOCK} {sku}",), what)


def _place(sku: str, location: int) -> str:
    return f"{InventoryRecords.STOCK} {sku} at location {location}"


def unlike_the_ledger(
    reservations: Mapping[str, ReservationRecord], reserved: Mapping[str, PlacedUnits]
) -> Iterator[str]:
    """Reservations that set aside something else than the ledger says, by their ids."""
    for id_ in sorted({*reservations, *reserved}):
        record = reservations.get(id_)
        if (units_of(record) if record else Counter()) != reserved.get(id_, Counter()):
            yield id_


def units_of(reservation: ReservationRecord) -> PlacedUnits:
    """What a reservation sets aside, or did until it was over."""
    units: PlacedUnits = Counter()
    for taken in reservation.allocations or ():
        units[taken.sku, taken.location_id] += taken.quantity
    return units


def reservation_is_in_the_ledger(doubt: ReservationDoubt) -> Iterator[Discrepancy]:
    """An open reservation has set aside what the ledger says, and one that is over, nothing."""
    reservation = doubt.reservation
    expected = units_of(reservation) if reservation.is_open else Counter()
    found = doubt.then if reservation.is_open else doubt.now
    if found != expected:
        state = reservation.state or "gone"
        what = f"It is {state} with {_said(expected)}, by the ledger it has {_said(found)}."
        yield Discrepancy("reservation_differs", (reservation.key,), what)


def _said(units: PlacedUnits) -> str:
    parts = [f"{n} of {sku} at {location}" for (sku, location), n in sorted(units.items()) if n]
    return ", ".join(parts) or "nothing"


def hold_lapses(reservation: ReservationRecord) -> Iterator[Discrepancy]:
    """A reservation is among the holds, which lapse, exactly while it is held."""
    keys = (reservation.key,)
    if reservation.state is None:
        return
    if reservation.allocations is None:
        yield Discrepancy("unreadable", keys, "The reservation cannot be read.")
    if reservation.state == "held" and reservation.lapses is None:
        yield Discrepancy("never_lapses", keys, "It is held without a deadline.")
    if reservation.state != "held" and reservation.lapses is not None:
        yield Discrepancy("would_lapse", keys, f"It is {reservation.state}, but has a deadline.")


def reservation_is_published(
    key: str, envelope: Envelope, record: ReservationRecord
) -> Iterator[Discrepancy]:
    """A reservation, while it is on record, is over as it was told, with the units told."""
    keys = (key, record.key)
    if record.state is None or record.allocations is None:
        return
    due = _RESERVATION_STATES.get(envelope.type, record.state)
    if record.state != due:
        what = f"It was told as {due}, but is {record.state}."
        yield Discrepancy("reservation_state_differs", keys, what)
    at_first = record.told or record.allocations
    written = {"lines": [taken.model_dump() for taken in at_first]}
    if envelope.type == StockReserved.type:
        yield from as_told("reservation_units_differ", keys, envelope.data, written)
