"""What is stored of orders, record by record, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable
from deployments.foundation.values.partitions import layout_of
from deployments.orders.contract import PlaceOrder
from deployments.orders.contract.order import STATES, HistoryEntry, ShipmentState
from deployments.orders.domain.orders import progress_of
from deployments.orders.keys import SERVICE, OrderKeys, prefix

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
        self._redis, self._layout = redis, layout_of(SERVICE)

    async def ids(self) -> AsyncIterator[list[str]]:
        """All orders that were ever placed, in batches. A partition takes a pass of its own, which
        on a cluster looks at no other's keys."""
        for tag in self._layout.tags():
            async for found in names(self._redis, prefix(tag, "order")):
                yield found

    async def records(self, order_ids: Sequence[str]) -> dict[str, OrderRecord]:
        """What is stored under each of these ids, in two round trips."""
        places = [OrderKeys.of(order_id, self._layout) for order_id in order_ids]
        async with self._redis.pipeline(transaction=False) as pipe:
            for keys in places:
                pipe.hmget(keys.order, ["order", "platform", "withdrawn", "sequence"])
                pipe.lrange(keys.history, 0, -1)
            found = await pipe.execute()
            for keys, (_, platform, *_) in zip(places, found[::2], strict=True):
                pipe.zscore(keys.platform(platform or ""), keys.id)
            listed = await pipe.execute()
        return {
            keys.id: _record(keys, fields, entries, listed_at)
            for keys, fields, entries, listed_at in zip(
                places, found[::2], found[1::2], listed, strict=True
            )
        }


def _record(
    keys: OrderKeys,
    fields: Sequence[str | None],
    entries: Iterable[str],
    listed_at: float | None,
) -> OrderRecord:
    order, _, withdrawn, sequence = fields
    read = (readable(HistoryEntry, entry) for entry in entries)
    progress = progress_of([entry for entry in read if entry is not None])
    return OrderRecord(
        key=keys.order,
        found=order is not None,
        placed=readable(PlaceOrder, order),
        withdrawn=withdrawn is not None,
        listed_at=listed_at,
        published=int(sequence or 0),
        paid=progress["paid"],
        refunded=sum(refund.amount for refund in progress["refunds"]),
        shipments={shipment.id: shipment.state for shipment in progress["shipments"]},
    )
