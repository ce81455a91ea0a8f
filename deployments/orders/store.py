"""Orders' state in Redis.

| key | what |
| --- | --- |
| `{orders}:order:<id>` | hash: order (JSON as placed), label, platform, placed_by, withdrawn, |
|  | version, sequence |
| `{orders}:history:<id>` | list of history entries as JSON, oldest first |
| `{orders}:payment:<id>` | the id of the order that it pays for |
| `{orders}:platform:<platform>` | sorted set of the platform's orders, by when they were placed |
| `{orders}:labels` | the last label that was given out, counted from 1 |
| `{orders}:numbers` | sorted set of all orders but withdrawn ones, by the number of their label |
| `{orders}:version` | the version that all orders have, once they are migrated |
| `{orders}:migration` | hash: how far a migration is, while one goes on (`migrating.py`) |
| `{orders}:step:<key>` | hash: a placing step's answer, and whether it was undone; for a week |
| `{orders}:inbox:<00 to ff>` | hash: others' events that took effect, 30 days each |
| `{orders}:indexing` | the indices are being completed, or were a moment ago |
| `{orders}:barrier` | foundation's `promises.py` |
| `{orders}:events:0` to `15` | streams of what is published (foundation's `publishing.py`) |
| `{orders}:events:layout` | stream: how the keys are laid out (foundation's `layouts.py`) |

Where keys are grouped by partition most of these have a partition's tag, see `keys.py`.

An order is written once and kept for good; one that was withdrawn stays, but nobody is shown it.
Its hash also counts its events, in `sequence`. Its history only grows, and is all that is known of
its payment and its shipments. One of version 2 is in the indices by payment and by number; one that
says no version may not be, see `earlier_orders.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion
from deployments.foundation.redis.connection import script
from deployments.foundation.redis.migrating import version_key
from deployments.foundation.redis.promises import Promises
from deployments.foundation.values.message import readable
from deployments.foundation.values.partitions import layout_of, partition_of
from deployments.orders.contract import PlaceOrder, UndoPlacement
from deployments.orders.contract.order import HistoryEntry, Order
from deployments.orders.domain.changes import OrderUpdate
from deployments.orders.domain.orders import number_of, placed_event
from deployments.orders.earlier_orders import VERSION, EarlierOrders
from deployments.orders.events import OrderPlaced
from deployments.orders.keys import SERVICE, OrderKeys, numbers_key, payment_key

_LUA = Path(__file__).parent / "lua"


class OrderIdTakenError(Exception):
    """Two placing steps drew one order id: a bug, because ids are unguessable and drawn once."""


class StoredOrder(NamedTuple):
    """An order as it was placed, its label and its history."""

    placed: PlaceOrder
    label: str
    history: tuple[HistoryEntry, ...]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it should not have been, and is shown to nobody."""
        return any(entry.what == "withdrawn" for entry in self.history)

    def is_shown_to(self, platform: str) -> bool:
        """Whether it is the platform's, and was not withdrawn."""
        return self.placed.platform == platform and not self.is_withdrawn


class OrdersStore:
    """Orders of one Redis. Every method that a request needs is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._earlier = redis, EarlierOrders(redis)
        self._layout, self._highest = layout_of(SERVICE), 0
        self._promises = Promises(redis, SERVICE, step=True)
        self._place = script(redis, _LUA / "place.lua", "steps", "publish")
        self._withdraw = script(redis, _LUA / "withdraw.lua", "steps", "publish")
        self._append = script(redis, _LUA / "append.lua", "inbox", "publish")

    async def place(self, request: PlaceOrder, at: datetime) -> str | None:
        """Write an order down; its label, or none when the step was undone before."""
        keys, entry = self._of(request.order_id), HistoryEntry(at=at, what="placed")
        places = (keys.step(request.key), keys.order, keys.history, keys.platform(request.platform))
        indices = (keys.labels, keys.payment(request.payment_id), keys.numbers)
        # Orders that are grouped have had the present version ever since.
        version = [] if self._layout.partitioned else [version_key(SERVICE)]
        outcome, label = await self._promises.run(
            self._place,
            [*places, *indices, *version, keys.stream],
            [
                *(request.key, request.order_id, request.platform, request.model_dump_json()),
                *(_written(entry), at.timestamp(), _without_label(placed_event(request))),
                *(VERSION, *self._numbering(request.order_id)),
                occasion(SERVICE, at, one_stream=True),
            ],
        )
        if outcome == "taken":
            raise OrderIdTakenError(request.order_id)
        self._highest = max(self._highest, number_of(label) or 0)
        return cast(str, label) if outcome == "placed" else None

    def _numbering(self, order_id: str) -> tuple[int, int, int]:
        """A label's number is above this one, and leaves this remainder by that number."""
        if not self._layout.partitioned:
            return 0, 0, 1
        return self._highest, partition_of(order_id), len(self._layout.tags())

    def _of(self, order_id: str) -> OrderKeys:
        return OrderKeys.of(order_id, self._layout)

    async def withdraw(self, request: UndoPlacement, at: datetime) -> None:
        """Leave the step's tombstone, and hide the order if it was placed by that step."""
        keys, entry = self._of(request.order_id), HistoryEntry(at=at, what="withdrawn")
        said = occasion(SERVICE, at, one_stream=True)
        await self._promises.run(
            self._withdraw,
            [keys.step(request.undoes), keys.order, keys.history, keys.numbers, keys.stream],
            [request.undoes, request.order_id, _written(entry), keys.platform(""), said],
        )

    async def append(self, event: str, to: Order, change: OrderUpdate, at: datetime) -> bool:
        """Write down what an event changes, once, and publish it.

        False if the order's history is not any more what it was when the change was decided upon.
        """
        keys, entries = self._of(to.id), [_written(entry) for entry in change.entries]
        events = [text for one in change.events for text in (one.type, one.model_dump_json())]
        outcome = await self._append(
            keys=[keys.inbox(event), keys.order, keys.history, keys.stream],
            args=[
                *[to.id, str(len(to.history)), str(len(entries)), *entries, *events],
                occasion(SERVICE, at, one_stream=True),
            ],
        )
        return cast(str, outcome) == "done"

    async def find(self, order_id: str) -> StoredOrder | None:
        """The order, whoever's it is, even if it was withdrawn."""
        keys = self._of(order_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.order, ["order", "label"])
            pipe.lrange(keys.history, 0, -1)
            return _stored(*await pipe.execute())

    async def page(self, before: int | None, limit: int) -> tuple[list[StoredOrder], int]:
        """Orders before one of this number, newest first, and how many there are in all.

        Two round trips, once orders of earlier versions are migrated.
        """
        highest = "+inf" if before is None else f"({before}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(version_key(SERVICE))
            for tag in self._layout.tags():
                pipe.zrevrangebyscore(numbers_key(tag), highest, "-inf", 0, limit, withscores=True)
                pipe.zcard(numbers_key(tag))
            version, *found = await pipe.execute()
        if int(version or 0) < VERSION and await self._earlier.bring_all():
            return await self.page(before, limit)
        listed = sorted((one for ids in found[::2] for one in ids), key=itemgetter(1), reverse=True)
        orders = await self._read([order_id for order_id, _ in listed[:limit]])
        return [order for order in orders if order is not None], sum(found[1::2])

    async def numbered(self, number: int) -> str | None:
        """The id of the order whose label has this number."""
        # An order that was placed before they were grouped may be in any partition.
        async with self._redis.pipeline(transaction=False) as pipe:
            for tag in self._layout.tags():
                pipe.zrangebyscore(numbers_key(tag), number, number)
            found = [order_id for ids in await pipe.execute() for order_id in ids]
        return cast(str, found[0]) if found else None

    async def reserved(self, reservations: Sequence[str]) -> list[StoredOrder]:
        """The orders of these reservations. Checkout gives an order's payment the id of its
        reservation, so that the index by payment leads to it."""
        if not reservations:
            return []
        found = await self._read(list((await self._paid_by(reservations)).values()))
        wanted = set(reservations)
        return [one for one in found if one is not None and one.placed.reservation_id in wanted]

    async def _read(self, order_ids: Sequence[str]) -> list[StoredOrder | None]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for keys in map(self._of, order_ids):
                pipe.hmget(keys.order, ["order", "label"])
                pipe.lrange(keys.history, 0, -1)
            found = await pipe.execute()
        return [
            # One that cannot be read, which the audit finds, hides no other.
            _stored(fields, entries) if readable(PlaceOrder, fields[0]) else None
            for fields, entries in zip(found[::2], found[1::2], strict=True)
        ]

    async def of_payment(self, payment_id: str) -> str | None:
        """The id of the order that a payment pays for. One round trip, or two where orders are
        grouped and the order is not beside its payment, as checkout places it."""
        return (await self._paid_by([payment_id])).get(payment_id)

    async def _paid_by(self, payments: Sequence[str]) -> dict[str, str]:
        """The ids of the orders that payments pay for, where they are and then anywhere."""
        found = await self._look_up([(id_, self._layout.tag(id_)) for id_ in payments])
        missing = [id_ for id_ in payments if id_ not in found]
        elsewhere = ((id_, tag) for id_ in missing for tag in self._layout.tags())
        return found | await self._look_up(
            [(id_, tag) for id_, tag in elsewhere if tag != self._layout.tag(id_)]
        )

    async def _look_up(self, payments: Sequence[tuple[str, str]]) -> dict[str, str]:
        """The orders of payments under these tags."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for payment, tag in payments:
                pipe.get(payment_key(tag, payment))
            found = await pipe.execute()
        named = zip(payments, found, strict=True)
        return {payment: order_id for (payment, _), order_id in named if order_id is not None}

    async def index_payments(self) -> None:
        """Put the payments of orders of earlier versions into their index, once in a while."""
        await self._earlier.bring_all()


def _stored(fields: Sequence[str | None], entries: Iterable[str]) -> StoredOrder | None:
    order, label = fields
    if order is None or label is None:
        return None
    history = tuple(HistoryEntry.model_validate_json(entry) for entry in entries)
    return StoredOrder(PlaceOrder.model_validate_json(order), label, history)


def _written(entry: HistoryEntry) -> str:
    return entry.model_dump_json(exclude_none=True)


def _without_label(event: OrderPlaced) -> str:
    """The script draws the label, and puts it in."""
    return event.model_dump_json(exclude={"label"})
