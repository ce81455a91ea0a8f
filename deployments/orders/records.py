"""What is stored of orders, record by record, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable
from deployments.orders.contract import PlaceOrder
from deployments.orders.contract.order import STATES, HistoryEntry, ShipmentState
from deployments.orders.domain.orders import progress_of
from deployments.orders.store import history_key, order_key, platform_key

__all__ = ["OrderRecord", "OrderRecords", "ShipmentState"]


class OrderRecord(NamedTuple):
    """What is stored of an order.

    `placed` is none where there is no order or it cannot be read, `listed_at` (seconds since 1970)
    where its platform's index does not have it; `published` is how many events there were about it.
    `refunded` is in cents, `shipments` are how far the order has them, by their ids.
    """

    key: str
    found: bool
    placed: PlaceOrder | None
    withdrawn: bool
    listed_at: float | None
    published: int = 0
    paid: bool = False
    refunded: int = 0
    shipments: Mapping[str, ShipmentState] = MappingProxyType({})

    @property
    def order(self) -> PlaceOrder | None:
        """The order, if it can be read and was not withdrawn."""
        return None if self.withdrawn else self.placed

    def has_reached(self, shipment_id: str, state: ShipmentState) -> bool:
        """Whether the order has this shipment, and as far as this or farther."""
        now = self.shipments.get(shipment_id)
        return now is not None and STATES.index(now) >= STATES.index(state)


class OrderRecords:
    """Orders of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> AsyncIterator[list[str]]:
        """All orders that were ever placed, in batches."""
        return names(self._redis, order_key(""))

    async def records(self, order_ids: Sequence[str]) -> dict[str, OrderRecord]:
        """What is stored under each of these ids, in two round trips."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for order_id in order_ids:
                pipe.hmget(order_key(order_id), ["order", "platform", "withdrawn", "sequence"])
                pipe.lrange(history_key(order_id), 0, -1)
            found = await pipe.execute()
            for order_id, (_, platform, *_) in zip(order_ids, found[::2], strict=True):
                pipe.zscore(platform_key(platform), order_id)
            listed = await pipe.execute()
        return {
            order_id: _record(order_id, fields, entries, listed_at)
            for order_id, fields, entries, listed_at in zip(
                order_ids, found[::2], found[1::2], listed, strict=True
            )
        }


def _record(
    order_id: str,
    fields: Sequence[str | None],
    entries: Iterable[str],
    listed_at: float | None,
) -> OrderRecord:
    order, _, withdrawn, sequence = fields
    read = (readable(HistoryEntry, entry) for entry in entries)
    progress = progress_of([entry for entry in read if entry is not None])
    return OrderRecord(
        key=order_key(order_id),
        found=order is not None,
        placed=readable(PlaceOrder, order),
        withdrawn=withdrawn is not None,
        listed_at=listed_at,
        published=int(sequence or 0),
        paid=progress["paid"],
        refunded=sum(refund.amount for refund in progress["refunds"]),
        shipments={shipment.id: shipment.state for shipment in progress["shipments"]},
    )
