"""Orders' state in Redis.

| key | what |
| --- | --- |
| `{orders}:order:<id>` | hash: order (JSON as placed), label, platform, placed_by, withdrawn |
| `{orders}:history:<id>` | list of history entries as JSON, oldest first |
| `{orders}:payment:<id>` | the id of the order that it pays for |
| `{orders}:platform:<platform>` | sorted set of the platform's orders, by when they were placed |
| `{orders}:labels` | how many labels were given out |
| `{orders}:step:<key>` | hash: a placing step's answer, and whether it was undone; for a week |
| `{orders}:inbox:<event>` | an event of another service took effect (foundation's `inbox.lua`) |
| `{orders}:indexing` | the index of payments is being completed, or was a moment ago |
| `{orders}:events:0` to `15` | streams of what is published (foundation's `events.py`) |

An order is written once and kept for good; one that was withdrawn stays, but nobody is shown it.
Its hash also counts its events, in `sequence`. Its history only grows, and is all that is known of
its payment and its shipments. Orders of earlier versions are in no index of payments until somebody
asks for one that is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import names, script
from deployments.foundation.values.message import readable
from deployments.orders.contract import (
    HistoryEntry,
    Order,
    OrderShipment,
    PlaceOrder,
    ShipmentState,
    UndoPlacement,
)
from deployments.orders.domain.changes import Change
from deployments.orders.domain.orders import placed_event, progress_of
from deployments.orders.events import OrderPlaced

SERVICE = "orders"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"
_INDEX_EVERY_SECONDS = 300


class OrderIdTakenError(Exception):
    """Two placing steps drew one order id: a bug, because ids are unguessable and drawn once."""


class StoredOrder(NamedTuple):
    """An order as it was placed, its label and its history."""

    placed: PlaceOrder
    label: str
    history: tuple[HistoryEntry, ...]

    def is_shown_to(self, platform: str) -> bool:
        """Whether it is the platform's, and was not withdrawn."""
        withdrawn = any(entry.what == "withdrawn" for entry in self.history)
        return self.placed.platform == platform and not withdrawn


class OrderRecord(NamedTuple):
    """What is stored of an order, for whoever checks the books.

    `placed` is none where there is no order or it cannot be read, `listed_at` (seconds since 1970)
    where its platform's index does not have it; `published` is how many events there were about it.
    `refunded` is in cents; `shipped` and `delivered` are units by line id, and what was delivered
    was shipped too.
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
    shipped: Mapping[str, int] = MappingProxyType({})
    delivered: Mapping[str, int] = MappingProxyType({})

    @property
    def order(self) -> PlaceOrder | None:
        """The order, if it can be read and was not withdrawn."""
        return None if self.withdrawn else self.placed


class OrdersStore:
    """Orders of one Redis. Every method that a request needs is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._place = script(redis, _LUA / "place.lua", "steps", "publish")
        self._withdraw = script(redis, _LUA / "withdraw.lua", "steps", "publish")
        self._append = script(redis, _LUA / "append.lua", "inbox", "publish")

    async def place(self, request: PlaceOrder, at: datetime) -> str | None:
        """Write an order down; its label, or none when the step was undone before."""
        names = (f"step:{request.key}", f"order:{request.order_id}")
        more = (f"history:{request.order_id}", f"platform:{request.platform}", "labels")
        payment, entry = _payment(request.payment_id), HistoryEntry(at=at, what="placed")
        outcome, label = await self._place(
            keys=[*(f"{{orders}}:{name}" for name in (*names, *more)), payment, *_STREAMS],
            args=[
                *(request.key, request.order_id, request.platform, request.model_dump_json()),
                *(_written(entry), at.timestamp(), _without_label(placed_event(request))),
                occasion(SERVICE, at),
            ],
        )
        if outcome == "taken":
            raise OrderIdTakenError(request.order_id)
        return cast(str, label) if outcome == "placed" else None

    async def withdraw(self, request: UndoPlacement, at: datetime) -> None:
        """Leave the step's tombstone, and hide the order if it was placed by that step."""
        order_id, entry = request.order_id, HistoryEntry(at=at, what="withdrawn")
        names = (f"step:{request.undoes}", f"order:{order_id}", f"history:{order_id}")
        more = (_written(entry), "{orders}:platform:", occasion(SERVICE, at))
        await self._withdraw(
            keys=[*(f"{{orders}}:{name}" for name in names), *_STREAMS],
            args=[request.undoes, order_id, *more],
        )

    async def append(self, event: str, to: Order, change: Change, at: datetime) -> bool:
        """Write down what an event changes, once, and publish it.

        False if the order's history is not any more what it was when the change was decided upon.
        """
        entries = [_written(entry) for entry in change.entries]
        events = [text for one in change.events for text in (one.type, one.model_dump_json())]
        outcome = await self._append(
            keys=[inbox_key(SERVICE, event), _order(to.id), _history(to.id), *_STREAMS],
            args=[
                *[to.id, str(len(to.history)), str(len(entries)), *entries, *events],
                occasion(SERVICE, at),
            ],
        )
        return cast(str, outcome) == "done"

    async def find(self, order_id: str) -> StoredOrder | None:
        """The order, whoever's it is, even if it was withdrawn."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(_order(order_id), ["order", "label"])
            pipe.lrange(_history(order_id), 0, -1)
            (order, label), entries = await pipe.execute()
        if order is None:
            return None
        history = tuple(HistoryEntry.model_validate_json(entry) for entry in entries)
        return StoredOrder(PlaceOrder.model_validate_json(order), label, history)

    async def of_payment(self, payment_id: str) -> str | None:
        """The id of the order that a payment pays for."""
        return cast(str | None, await self._redis.get(_payment(payment_id)))

    async def index_payments(self) -> None:
        """Put the payments of all orders into their index, at most once in five minutes.

        Earlier versions placed orders without it. It takes as long as there are keys.
        """
        if not await self._redis.set("{orders}:indexing", "1", nx=True, ex=_INDEX_EVERY_SECONDS):
            return
        async for order_ids in self.ids():
            records = await self.records(order_ids)
            async with self._redis.pipeline(transaction=False) as pipe:
                for order_id, record in records.items():
                    if record.placed is not None:
                        pipe.set(_payment(record.placed.payment_id), order_id)
                await pipe.execute()

    def ids(self) -> AsyncIterator[list[str]]:
        """All orders that were ever placed, in batches."""
        return names(self._redis, "{orders}:order:")

    async def records(self, order_ids: Sequence[str]) -> dict[str, OrderRecord]:
        """What is stored under each of these ids, in two round trips."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for order_id in order_ids:
                pipe.hmget(_order(order_id), ["order", "platform", "withdrawn", "sequence"])
                pipe.lrange(_history(order_id), 0, -1)
            found = await pipe.execute()
            for order_id, (_, platform, *_) in zip(order_ids, found[::2], strict=True):
                pipe.zscore(f"{{orders}}:platform:{platform}", order_id)
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
    shipments = progress["shipments"]
    return OrderRecord(
        key=_order(order_id),
        found=order is not None,
        placed=readable(PlaceOrder, order),
        withdrawn=withdrawn is not None,
        listed_at=listed_at,
        published=int(sequence or 0),
        paid=progress["paid"],
        refunded=sum(refund.amount for refund in progress["refunds"]),
        shipments={shipment.id: shipment.state for shipment in shipments},
        shipped=_units(shipments, "shipped"),
        delivered=_units(shipments, "delivered"),
    )


def _units(shipments: Iterable[OrderShipment], state: ShipmentState) -> Mapping[str, int]:
    units = Counter[str]()
    for shipment in shipments:
        if shipment.has_reached(state):
            units.update({line.id: line.quantity for line in shipment.lines})
    return units


def _order(order_id: str) -> str:
    return f"{{orders}}:order:{order_id}"


def _history(order_id: str) -> str:
    return f"{{orders}}:history:{order_id}"


def _payment(payment_id: str) -> str:
    return f"{{orders}}:payment:{payment_id}"


def _written(entry: HistoryEntry) -> str:
    return entry.model_dump_json(exclude_none=True)


def _without_label(event: OrderPlaced) -> str:
    """The script draws the label, and puts it in."""
    return event.model_dump_json(exclude={"label"})
