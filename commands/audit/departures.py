"""Units that left, as the ledger has them, with the shipments that took them.

The ledger is read up to a moment, then the shipments, then what inventory has yet to consume, then
the ledger to its end: what had left by the first moment has a shipment that was dispatched, and
what was dispatched has left by the last one unless inventory is yet to consume that. All that
ever left is held in memory, by reservation and location, until its shipment was seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from commands.audit.books import Books
from commands.audit.subscriptions import outstanding
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.inventory.records import BEGINNING, InventoryRecords
from deployments.shipping.events import ShipmentDispatched
from deployments.shipping.records import Shipment, ShipmentRecord

Place = tuple[str, int]
"""A reservation and a location: a shipment takes all that the one has at the other."""
_LEFT = frozenset({"dispatched", "delivered"})


class ShipmentDeparture(NamedTuple):
    """A shipment, what had left in its place before and after it was read, and what is to come."""

    record: ShipmentRecord
    shipment: Shipment
    then: Counter[str]
    now: Counter[str]
    is_outstanding: bool = False


class DeparturesAndShipments:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._read = BEGINNING
        self._left: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._late = 0

    async def check(self) -> Findings:
        """The ledger, every shipment, and the ledger once more about those that differ."""
        await self._read_ledger()
        shipments, doubts = 0, dict[str, ShipmentDeparture]()
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
            for movement in (entry.departure for entry in page):
                if movement is not None:
                    place = (movement.reservation or "", movement.location_id)
                    self._left[place][movement.sku] += movement.quantity
        self._read = end

    def _doubt(self, id_: str, record: ShipmentRecord) -> dict[str, ShipmentDeparture]:
        if record.shipment is None:
            return {}
        left = self._left.pop(_place(record.shipment), Counter())
        departure = ShipmentDeparture(record, record.shipment, left, left)
        return {id_: departure} if any(units_left(departure)) else {}

    def _without_shipment(self) -> Iterator[Discrepancy]:
        for (reservation, location), units in sorted(self._left.items()):
            keys = (f"{InventoryRecords.reservation_key(reservation)} at location {location}",)
            yield Discrepancy("left_without_shipment", keys, f"{_said(units)} left in no shipment.")

    async def _settle(self, doubts: dict[str, ShipmentDeparture]) -> list[Discrepancy]:
        self._left.clear()
        records = await self._books.shipments.records(list(doubts))
        waiting = await outstanding(self._books.redis_of, "inventory")
        await self._read_ledger()
        wrong: list[Discrepancy] = []
        for id_, doubt in doubts.items():
            then = doubt.then
            now = then + self._left[_place(doubt.shipment)]
            told = waiting.has(ShipmentDispatched, id_)
            departure = ShipmentDeparture(records[id_], doubt.shipment, then, now, told)
            found = [*units_left(departure)]
            self._late += told and not found
            wrong += found
        return wrong


def _place(shipment: Shipment) -> Place:
    return shipment.reservation_id, shipment.location_id


def units_left(departure: ShipmentDeparture) -> Iterator[Discrepancy]:
    """What was dispatched has left, or will; what was not has not."""
    keys = (departure.record.key,)
    carried: Counter[str] = Counter()
    for line in departure.shipment.lines:
        carried[line.sku] += line.quantity
    if departure.record.state not in _LEFT:
        if departure.then:
            what = f"{_said(departure.then)} left, but it is {departure.record.state}."
            yield Discrepancy("left_too_early", keys, what)
    elif departure.now != carried and not (departure.is_outstanding and not departure.now):
        what = f"It took {_said(carried)}, by the ledger {_said(departure.now)} left."
        yield Discrepancy("departure_differs", keys, what)


def _said(units: Counter[str]) -> str:
    return ", ".join(f"{n} of {sku}" for sku, n in sorted(units.items())) or "nothing"
