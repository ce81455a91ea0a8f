"""Orders' state in Redis.

| key | what |
| --- | --- |
| `{orders}:order:<id>` | hash: order (JSON as placed), label, platform, placed_by, withdrawn, |
|  | version |
| `{orders}:history:<id>` | list of history entries as JSON, oldest first |
| `{orders}:payment:<id>` | the id of the order that it pays for |
| `{orders}:platform:<platform>` | sorted set of the platform's orders, by when they were placed |
| `{orders}:labels` | how many labels were given out |
| `{orders}:numbers` | sorted set of all orders but withdrawn ones, by the number of their label |
| `{orders}:version` | the version that all orders have, once they are migrated |
| `{orders}:migration` | hash: how far a migration is, while one goes on (`migrating.py`) |
| `{orders}:step:<key>` | hash: a placing step's answer, and whether it was undone; for a week |
| `{orders}:inbox:<00 to ff>` | hash: others' events that took effect, 30 days each |
| `{orders}:indexing` | the indices are being completed, or were a moment ago |
| `{orders}:barrier` | foundation's `promises.py` |
| `{orders}:events:0` to `15` | streams of what is published (foundation's `publishing.py`) |

An order is written once and kept for good; one that was withdrawn stays, but nobody is shown it.
Its hash also counts its events, in `sequence`. Its history only grows, and is all that is known of
its payment and its shipments. One of version 2 is in the indices by payment and by number; one that
says no version may not be, see `earlier_orders.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.foundation.redis.migrating import version_key
from deployments.foundation.redis.promises import Promises
from deployments.foundation.values.message import readable
from deployments.orders.contract import PlaceOrder, UndoPlacement
from deployments.orders.contract.order import HistoryEntry, Order
from deployments.orders.domain.changes import OrderUpdate
from deployments.orders.domain.orders import placed_event
from deployments.orders.earlier_orders import (
    NUMBERS,
    ORDER,
    SERVICE,
    VERSION,
    EarlierOrders,
    payment_key,
)
from deployments.orders.events import OrderPlaced

_STREAMS = streams_of(SERVICE)
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
        self._promises = Promises(redis, SERVICE, step=True)
        self._place = script(redis, _LUA / "place.lua", "steps", "publish")
        self._withdraw = script(redis, _LUA / "withdraw.lua", "steps", "publish")
        self._append = script(redis, _LUA / "append.lua", "inbox", "publish")

    async def place(self, request: PlaceOrder, at: datetime) -> str | None:
        """Write an order down; its label, or none when the step was undone before."""
        names = (f"step:{request.key}", f"order:{request.order_id}")
        more = (f"history:{request.order_id}", f"platform:{request.platform}", "labels")
        indices = (payment_key(request.payment_id), NUMBERS, version_key(SERVICE))
        entry = HistoryEntry(at=at, what="placed")
        outcome, label = await self._promises.run(
            self._place,
            [*(f"{{orders}}:{name}" for name in (*names, *more)), *indices, *_STREAMS],
            [
                *(request.key, request.order_id, request.platform, request.model_dump_json()),
                *(_written(entry), at.timestamp(), _without_label(placed_event(request))),
                *(VERSION, occasion(SERVICE, at)),
            ],
        )
        if outcome == "taken":
            raise OrderIdTakenError(request.order_id)
        return cast(str, label) if outcome == "placed" else None

    async def withdraw(self, request: UndoPlacement, at: datetime) -> None:
        """Leave the step's tombstone, and hide the order if it was placed by that step."""
        order_id, entry = request.order_id, HistoryEntry(at=at, what="withdrawn")
        names = (f"step:{request.undoes}", f"order:{order_id}", f"history:{order_id}")
        more = (_written(entry), platform_key(""), occasion(SERVICE, at))
        await self._promises.run(
            self._withdraw,
            [*(f"{{orders}}:{name}" for name in names), NUMBERS, *_STREAMS],
            [request.undoes, order_id, *more],
        )

    async def append(self, event: str, to: Order, change: OrderUpdate, at: datetime) -> bool:
        """Write down what an event changes, once, and publish it.

        False if the order's history is not any more what it was when the change was decided upon.
        """
        entries = [_written(entry) for entry in change.entries]
        events = [text for one in change.events for text in (one.type, one.model_dump_json())]
        outcome = await self._append(
            keys=[inbox_key(SERVICE, event), order_key(to.id), history_key(to.id), *_STREAMS],
            args=[
                *[to.id, str(len(to.history)), str(len(entries)), *entries, *events],
                occasion(SERVICE, at),
            ],
        )
        return cast(str, outcome) == "done"

    async def find(self, order_id: str) -> StoredOrder | None:
        """The order, whoever's it is, even if it was withdrawn."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(order_key(order_id), ["order", "label"])
            pipe.lrange(history_key(order_id), 0, -1)
            return _stored(*await pipe.execute())

    async def page(self, before: int | None, limit: int) -> tuple[list[StoredOrder], int]:
        """Orders before one of this number, newest first, and how many there are in all.

        Two round trips, once orders of earlier versions are migrated.
        """
        highest = "+inf" if before is None else f"({before}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(version_key(SERVICE))
            pipe.zrevrangebyscore(NUMBERS, highest, "-inf", 0, limit)
            pipe.zcard(NUMBERS)
            version, order_ids, total = await pipe.execute()
        if int(version or 0) < VERSION and await self._earlier.bring_all():
            return await self.page(before, limit)
        return [found for found in await self._read(order_ids) if found is not None], total

    async def numbered(self, number: int) -> str | None:
        """The id of the order whose label has this number."""
        found = await self._redis.zrangebyscore(NUMBERS, number, number)
        return cast(str, found[0]) if found else None

    async def reserved(self, reservations: Sequence[str]) -> list[StoredOrder]:
        """The orders of these reservations. Checkout gives an order's payment the id of its
        reservation, so that the index by payment leads to it."""
        if not reservations:
            return []
        keys = [payment_key(reservation) for reservation in reservations]
        ids = cast(list[str | None], await self._redis.mget(keys))
        found = await self._read([id_ for id_ in ids if id_ is not None])
        wanted = set(reservations)
        return [one for one in found if one is not None and one.placed.reservation_id in wanted]

    async def _read(self, order_ids: Sequence[str]) -> list[StoredOrder | None]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for order_id in order_ids:
                pipe.hmget(order_key(order_id), ["order", "label"])
                pipe.lrange(history_key(order_id), 0, -1)
            found = await pipe.execute()
        return [
            # One that cannot be read, which the audit finds, hides no other.
            _stored(fields, entries) if readable(PlaceOrder, fields[0]) else None
            for fields, entries in zip(found[::2], found[1::2], strict=True)
        ]

    async def of_payment(self, payment_id: str) -> str | None:
        """The id of the order that a payment pays for."""
        return cast(str | None, await self._redis.get(payment_key(payment_id)))

    async def index_payments(self) -> None:
        """Put the payments of orders of earlier versions into their index, once in a while."""
        await self._earlier.bring_all()


def _stored(fields: Sequence[str | None], entries: Iterable[str]) -> StoredOrder | None:
    order, label = fields
    if order is None or label is None:
        return None
    history = tuple(HistoryEntry.model_validate_json(entry) for entry in entries)
    return StoredOrder(PlaceOrder.model_validate_json(order), label, history)


def order_key(order_id: str) -> str:
    """Where an order is."""
    return f"{ORDER}{order_id}"


def history_key(order_id: str) -> str:
    """Where what happened to an order is."""
    return f"{{orders}}:history:{order_id}"


def platform_key(platform: str) -> str:
    """Where a platform's orders are listed."""
    return f"{{orders}}:platform:{platform}"


def _written(entry: HistoryEntry) -> str:
    return entry.model_dump_json(exclude_none=True)


def _without_label(event: OrderPlaced) -> str:
    """The script draws the label, and puts it in."""
    return event.model_dump_json(exclude={"label"})
