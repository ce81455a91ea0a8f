"""The checks of shipping's own books: shipments move along, and events are true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.overdue import overdue
from deployments.foundation.audit.published import CountedRecords, PublishedEvents, Truth, as_told
from deployments.foundation.events.publishing import Envelope
from deployments.shipping.events import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from deployments.shipping.records import ShipmentRecord, ShipmentRecords

_PUBLISHED = (ShipmentCreated.type, ShipmentDispatched.type, ShipmentDelivered.type)
_RANKS = {"created": 0, "dispatched": 1, "delivered": 2}
_FIELDS = {"order_id", "reservation_id", "location_id", "carrier", "lines"}


class ShippingAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = ShipmentRecords(redis)

    async def shipments(self) -> Findings:
        """Every shipment by itself, and its place among those of its order."""
        count, wrong = await self._inspection.each(self._records.ids(), self._each)
        return Findings({"shipments": count}, tuple(wrong))

    async def _each(self, ids: Sequence[str]) -> Suspects:
        records = await self._records.records(ids)
        orders = {record.shipment.order_id for record in records.values() if record.shipment}
        listed = await self._records.of_orders(sorted(orders))
        return suspects(
            (id_, shipment_is_whole(id_, record, listed)) for id_, record in records.items()
        )

    async def tracking(self) -> Findings:
        """Shipments that the carrier should have been asked about."""
        return await overdue(
            self._records.tracking_due,
            _not_tracked,
            kind="shipments under way",
            redis=self._redis,
            inspection=self._inspection,
        )

    async def events(self) -> Findings:
        """What was published of shipments. How a cart could be delivered is no lasting event."""
        records = self._records
        truth = Truth(records.records, shipment_is_published, _is_about_a_shipment)
        counts = CountedRecords(records.ids, records.records)
        return await PublishedEvents(
            "shipping", self._redis, self._inspection, truth, counts
        ).check()


def _not_tracked(id_: str, late: str) -> Discrepancy:
    what = f"Its carrier should have been asked about it {late} ago."
    return Discrepancy("tracking_overdue", (ShipmentRecords.shipment_key(id_),), what)


def _is_about_a_shipment(envelope: Envelope) -> bool:
    return envelope.type in _PUBLISHED


def shipment_is_whole(
    id_: str, record: ShipmentRecord, listed: dict[str, tuple[str, ...]]
) -> Iterator[Discrepancy]:
    """A shipment can be read, moves along, and is among those that are `listed` by order."""
    if record.shipment is None:
        if record.found:
            yield Discrepancy("shipment_unreadable", (record.key,), "The shipment cannot be read.")
        return
    if (record.due is None) != (record.state == "delivered"):
        asked = "not to be asked" if record.due is None else "to be asked"
        what = f"It is {record.state}, and its carrier is {asked} any more."
        yield Discrepancy("shipment_not_tracked", (record.key,), what)
    if id_ not in listed[record.shipment.order_id]:
        what = f"It is not among the shipments of {record.shipment.order_id}."
        yield Discrepancy("shipment_not_listed", (record.key,), what)


def shipment_is_published(
    key: str, envelope: Envelope, record: ShipmentRecord
) -> Iterator[Discrepancy]:
    """A shipment is there as it was told, and has come as far."""
    keys = (key, record.key)
    if not record.found:
        yield Discrepancy("no_such_shipment", keys, f"It was told as {envelope.type}.")
    if record.shipment is None:
        return
    written = record.shipment.model_dump(mode="json", include=_FIELDS)
    yield from as_told("shipment_differs", keys, envelope.data, written)
    if _RANKS.get(record.state or "", -1) < _PUBLISHED.index(envelope.type):
        what = f"It was told as {envelope.type}, but is {record.state}."
        yield Discrepancy("shipment_state_differs", keys, what)
