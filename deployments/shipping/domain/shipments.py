"""The rules of shipments: how a paid order is split, and how long to wait for a carrier. No I/O."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from deployments.foundation.events.subscriptions import NonRetryableError
from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.backoff import Backoff
from deployments.foundation.values.message import Message
from deployments.inventory.events import ReservedUnits, StockCommitted
from deployments.orders.events import OrderPaid
from deployments.shipping.domain.parcels import Label, Parcel
from deployments.shipping.events import (
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentEvent,
    ShipmentLine,
)

State = Literal["created", "dispatched", "delivered"]
MOVES: Mapping[State, tuple[State, type[ShipmentDispatched] | type[ShipmentDelivered]]] = {
    "created": ("dispatched", ShipmentDispatched),
    "dispatched": ("delivered", ShipmentDelivered),
}
"""What becomes of a shipment next, and the event that says so."""

_BACKOFF = Backoff(first=2.0, longest=900.0)


class HalvesDisagreeError(NonRetryableError):
    """An order's lines are not the units that were committed for it: a bug of some service."""


class PaidOrder(Message):
    """The half of a shipment that orders knows: what was bought, and where it goes."""

    order_id: str
    reservation_id: str
    carrier: str
    title: str
    destination: PostalAddress
    lines: tuple[ShipmentLine, ...]


Committed = tuple[ReservedUnits, ...]
"""The half that inventory knows: from which location the units of a reservation come."""
COMMITTED: TypeAdapter[Committed] = TypeAdapter(Committed)


class Shipment(Message):
    """A part of a paid order that leaves from one stock location, as it was created."""

    id: str
    order_id: str
    reservation_id: str
    location_id: int
    carrier: str
    title: str
    destination: PostalAddress
    lines: tuple[ShipmentLine, ...]
    created_at: datetime

    def parcel(self) -> Parcel:
        """The shipment as its carrier gets it; the id is the carrier's idempotency key."""
        return Parcel(
            key=self.id,
            carrier=self.carrier,
            service=self.title,
            destination=self.destination,
            lines=self.lines,
            ordered_at=self.created_at,
        )


class Tracked(Message):
    """A shipment as it stands: with a label once the carrier has taken the order.

    `failures` counts how often in a row the carrier gave no answer.
    """

    shipment: Shipment
    state: State
    label: Label | None = None
    failures: int = 0


def paid_half(event: OrderPaid) -> PaidOrder:
    """What shipments need of an order that was paid."""
    return PaidOrder(
        order_id=event.order_id,
        reservation_id=event.reservation_id,
        carrier=event.delivery.carrier,
        title=event.delivery.title,
        destination=event.destination,
        lines=tuple(
            ShipmentLine(line_id=line.id, sku=line.sku, quantity=line.quantity)
            for line in event.lines
        ),
    )


def committed_half(event: StockCommitted) -> Committed:
    """What shipments need of units that were committed."""
    return event.lines


def shipments_of(paid: PaidOrder, committed: Committed, now: datetime) -> tuple[Shipment, ...]:
    """An order's shipments, one for each location. Raises `HalvesDisagreeError`."""
    return tuple(
        Shipment(
            id=shipment_id(paid.order_id, location),
            order_id=paid.order_id,
            reservation_id=paid.reservation_id,
            location_id=location,
            carrier=paid.carrier,
            title=paid.title,
            destination=paid.destination,
            lines=lines,
            created_at=now,
        )
        for location, lines in split(paid.lines, committed).items()
    )


def shipment_id(order_id: str, location_id: int) -> str:
    """The same whoever asks, and as hard to guess as the order's."""
    digest = hashlib.sha256(f"{order_id} {location_id}".encode()).hexdigest()
    return f"shipment_{digest[:32]}"


def split(
    lines: Sequence[ShipmentLine], committed: Iterable[ReservedUnits]
) -> dict[int, tuple[ShipmentLine, ...]]:
    """Every unit of every line, by the location that has it, in the order of locations and lines.

    Lines of one SKU are served in their order, from the lowest location on. Raises
    `HalvesDisagreeError` unless lines and locations have the same units.
    """
    places = _places(committed)
    _compare(lines, places)
    parts: defaultdict[int, list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        for location, units in _take(places[line.sku], line.quantity):
            parts[location].append(line.model_copy(update={"quantity": units}))
    return {location: tuple(parts[location]) for location in sorted(parts)}


def _places(committed: Iterable[ReservedUnits]) -> dict[str, Counter[int]]:
    """Units of each SKU by location."""
    places: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for units in committed:
        places[units.sku][units.location_id] += units.quantity
    return places


def _compare(lines: Iterable[ShipmentLine], places: Mapping[str, Counter[int]]) -> None:
    bought: Counter[str] = Counter()
    for line in lines:
        bought[line.sku] += line.quantity
    there = Counter({sku: by_location.total() for sku, by_location in places.items()})
    if bought != there:
        raise HalvesDisagreeError(f"bought {dict(bought)}, committed {dict(there)}")


def _take(left: Counter[int], wanted: int) -> Iterator[tuple[int, int]]:
    """Locations and units of a line, which are not left for the next."""
    for location in sorted(left):
        units = min(wanted, left[location])
        if units:
            left[location] -= units
            wanted -= units
            yield location, units


def created_event(shipment: Shipment) -> ShipmentCreated:
    """What is published of a new shipment."""
    return ShipmentCreated.model_validate(_said_of(shipment))


def moved_event(tracked: Tracked, label: Label) -> ShipmentEvent:
    """What is published when a shipment moves on from its state."""
    _, kind = MOVES[tracked.state]
    return kind.model_validate(_said_of(tracked.shipment) | label.model_dump())


def _said_of(shipment: Shipment) -> dict[str, Any]:
    # The events leave out what they do not declare, such as where the shipment goes.
    return {**shipment.model_dump(), "shipment_id": shipment.id}


def pause_after(failures: int) -> float:
    """The seconds until a carrier is asked again that gave no answer so often in a row."""
    return _BACKOFF.after(failures)
