"""Units that left, as the ledger has them, with the shipments that took them.

The ledger is read up to a moment, then the shipments, then what inventory has yet to consume, then
the ledger to its end: what had left by the first moment has a shipment that was dispatched, and
what was dispatched has left by the last one unless inventory is yet to consume of it. All that
ever left is held in memory, by reservation and location, until its shipment was seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.outstanding import outstanding
from deployments.inventory.domain.stock import State
from deployments.inventory.store import RESERVATION
from deployments.shipping.domain.shipments import Shipment
from deployments.shipping.events import ShipmentDispatched
from deployments.shipping.records import ShipmentRecord

Units = Counter[str]
Place = tuple[str, int]
"""A reservation and a location: a shipment takes all that the one has at the other."""
_LEFT = frozenset({"dispatched", "delivered"})


class Look(NamedTuple):
    """A shipment, what had left in its place before and after it was read, and what is to come."""

    record: ShipmentRecord
    shipment: Shipment
    then: Units
    now: Units
    is_outstanding: bool = False


class Departures:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._read = "0-0"
        self._left: defaultdict[Place, Units] = defaultdict(Counter)
        self._late = 0

    async def check(self) -> Findings:
        """The ledger, every shipment, and the ledger once more about those that differ."""
        await self._read_ledger()
        shipments, doubts = 0, dict[str, Look]()
        async for ids in self._books.shipments.ids():
            shipments += len(ids)
            for id_, record in (await self._books.shipments.records(ids)).items():
                doubts |= self._doubt(id_, record)
        strange = [*self._without_shipment()]
        wrong = await self._settle(doubts) if doubts else []
        counts = {"shipments": shipments, "under way": self._late}
        return Findings(counts, (*wrong, *strange))

    async def _read_ledger(self) -> None:
        store = self._books.inventory
        end = (await store.moment()).last
        async for page in store.ledger(after=self._read, until=end):
            for _, movement in page:
                if movement is not None and movement.target == State.SHIPPED:
                    place = (movement.reservation or "", movement.location_id)
                    self._left[place][movement.sku] += movement.quantity
        self._read = end

    def _doubt(self, id_: str, record: ShipmentRecord) -> dict[str, Look]:
        if record.shipment is None:
            return {}
        left = self._left.pop(_place(record.shipment), Counter())
        look = Look(record, record.shipment, left, left)
        return {id_: look} if any(units_left(look)) else {}

    def _without_shipment(self) -> Iterator[Discrepancy]:
        for (reservation, location), units in sorted(self._left.items()):
            keys = (f"{RESERVATION}{reservation} at location {location}",)
            yield Discrepancy("left_without_shipment", keys, f"{_said(units)} left in no shipment.")

    async def _settle(self, doubts: dict[str, Look]) -> list[Discrepancy]:
        self._left.clear()
        records = await self._books.shipments.records(list(doubts))
        waiting = await outstanding(self._books.redis_of, "inventory")
        await self._read_ledger()
        wrong: list[Discrepancy] = []
        for id_, doubt in doubts.items():
            then = doubt.then
            now = then + self._left[_place(doubt.shipment)]
            told = waiting.has(ShipmentDispatched, id_)
            look = Look(records[id_], doubt.shipment, then, now, told)
            found = [*units_left(look)]
            self._late += told and not found
            wrong += found
        return wrong


def _place(shipment: Shipment) -> Place:
    return shipment.reservation_id, shipment.location_id


def units_left(look: Look) -> Iterator[Discrepancy]:
    """What was dispatched has left, or will; what was not has not."""
    keys = (look.record.key,)
    carried: Units = Counter()
    for line in look.shipment.lines:
        carried[line.sku] += line.quantity
    if look.record.state not in _LEFT:
        if look.then:
            what = f"{_said(look.then)} left, but it is {look.record.state}."
            yield Discrepancy("left_too_early", keys, what)
    elif look.now != carried and not (look.is_outstanding and not look.now):
        what = f"It took {_said(carried)}, by the ledger {_said(look.now)} left."
        yield Discrepancy("departure_differs", keys, what)


def _said(units: Units) -> str:
    return ", ".join(f"{n} of {sku}" for sku, n in sorted(units.items())) or "nothing"
