"""What is stored of shipments, record by record, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.foundation.audit.overdue import DueRecords, due_in
from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable
from deployments.shipping.domain.shipments import Shipment
from deployments.shipping.shipment_store import DUE, ORDER, SHIPMENT

__all__ = ["Shipment", "ShipmentRecord", "ShipmentRecords"]


class ShipmentRecord(NamedTuple):
    """What is stored of a shipment.

    `shipment` (its order, reservation, location and lines) is none where there is none or it
    cannot be read, `due` (ms since 1970) where its carrier is not to be asked any more, and
    `published` is how many events there were about it.
    """

    key: str
    shipment: Shipment | None
    state: str | None
    published: int
    due: float | None

    @property
    def found(self) -> bool:
        """Whether there is such a shipment, readable or not."""
        return self.state is not None


class ShipmentRecords:
    """Shipments of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @staticmethod
    def shipment_key(id_: str) -> str:
        """Where a shipment is, for messages."""
        return SHIPMENT + id_

    def ids(self) -> AsyncIterator[list[str]]:
        """All shipments that were ever made, in batches."""
        return names(self._redis, SHIPMENT)

    async def records(self, shipment_ids: Sequence[str]) -> dict[str, ShipmentRecord]:
        """What is stored under each of these ids, at one moment."""
        if not shipment_ids:
            return {}
        async with self._redis.pipeline(transaction=True) as pipe:
            for id_ in shipment_ids:
                pipe.hmget(SHIPMENT + id_, ["shipment", "state", "sequence"])
            pipe.zmscore(DUE, list(shipment_ids))
            *found, due = await pipe.execute()
        return {
            id_: ShipmentRecord(
                key=SHIPMENT + id_,
                shipment=readable(Shipment, written),
                state=state,
                published=int(sequence or 0),
                due=looked_at,
            )
            for id_, (written, state, sequence), looked_at in zip(
                shipment_ids, found, due, strict=True
            )
        }

    async def tracking_due(self, until: datetime) -> DueRecords:
        """Shipments under way, and about which of them the carrier should have been asked by
        then."""
        return await due_in(self._redis, DUE, until)

    def order_ids(self) -> AsyncIterator[list[str]]:
        """All orders that have shipments, in batches."""
        return names(self._redis, ORDER)

    async def of_orders(self, order_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The ids of the shipments of each of these orders; none of one that has none yet."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for order_id in order_ids:
                pipe.lrange(ORDER + order_id, 0, -1)
            found = await pipe.execute()
        return {order_id: tuple(ids) for order_id, ids in zip(order_ids, found, strict=True)}
