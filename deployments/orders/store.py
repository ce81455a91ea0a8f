"""Orders' state in Redis.

| key | what |
| --- | --- |
| `{orders}:order:<id>` | hash: order (JSON as placed), label, platform, placed_by, withdrawn |
| `{orders}:history:<id>` | list of history entries as JSON, oldest first |
| `{orders}:platform:<platform>` | sorted set of the platform's orders, by when they were placed |
| `{orders}:labels` | how many labels were given out |
| `{orders}:step:<key>` | hash: a placing step's answer, and whether it was undone; for a week |
| `{orders}:events:0` to `15` | streams of what is announced (foundation's `events.py`) |

An order is written once and kept for good; one that was withdrawn stays, but nobody is shown it.
Its hash also counts its events, in `sequence`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events import occasion, streams_of
from deployments.foundation.message import readable
from deployments.foundation.redis import names, script
from deployments.orders.contract import HistoryEntry, PlaceOrder, UndoPlacement
from deployments.orders.domain import placed_fact
from deployments.orders.events import OrderPlaced

SERVICE = "orders"
_STREAMS = streams_of(SERVICE)
_HERE = Path(__file__).parent


class OrderIdTakenError(Exception):
    """Two placing steps drew one order id: a bug, because ids are unguessable and drawn once."""


class StoredOrder(NamedTuple):
    """An order as it was placed, its label and its history."""

    placed: PlaceOrder
    label: str
    history: tuple[HistoryEntry, ...]


class OrderRecord(NamedTuple):
    """What is stored of an order, for whoever checks the books.

    `placed` is none where there is no order or it cannot be read, `listed_at` (seconds since 1970)
    where its platform's index does not have it; `announced` is how many events there were about it.
    """

    key: str
    found: bool
    placed: PlaceOrder | None
    withdrawn: bool
    listed_at: float | None
    announced: int = 0

    @property
    def order(self) -> PlaceOrder | None:
        """The order, if it can be read and was not withdrawn."""
        return None if self.withdrawn else self.placed


class OrdersStore:
    """Orders of one Redis. Every method that a request needs is one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._place = script(redis, _HERE / "place.lua", "steps", "events")
        self._withdraw = script(redis, _HERE / "withdraw.lua", "steps", "events")

    async def place(self, request: PlaceOrder, at: datetime) -> str | None:
        """Write an order down; its label, or none when the step was undone before."""
        names = (f"step:{request.key}", f"order:{request.order_id}")
        more = (f"history:{request.order_id}", f"platform:{request.platform}", "labels")
        entry = HistoryEntry(at=at, what="placed")
        outcome, label = await self._place(
            keys=[*(f"{{orders}}:{name}" for name in (*names, *more)), *_STREAMS],
            args=[
                *(request.key, request.order_id, request.platform, request.model_dump_json()),
                *(entry.model_dump_json(), at.timestamp(), _without_label(placed_fact(request))),
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
        more = (entry.model_dump_json(), "{orders}:platform:", occasion(SERVICE, at))
        await self._withdraw(
            keys=[*(f"{{orders}}:{name}" for name in names), *_STREAMS],
            args=[request.undoes, order_id, *more],
        )

    async def read(self, order_id: str, platform: str) -> StoredOrder | None:
        """The platform's order; none if there is none, it is another's, or it was withdrawn."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(f"{{orders}}:order:{order_id}", ["order", "label", "platform", "withdrawn"])
            pipe.lrange(f"{{orders}}:history:{order_id}", 0, -1)
            (order, label, owner, withdrawn), entries = await pipe.execute()
        if order is None or owner != platform or withdrawn is not None:
            return None
        history = tuple(HistoryEntry.model_validate_json(entry) for entry in entries)
        return StoredOrder(PlaceOrder.model_validate_json(order), label, history)

    def ids(self) -> AsyncIterator[list[str]]:
        """All orders that were ever placed, in batches."""
        return names(self._redis, "{orders}:order:")

    async def records(self, order_ids: Sequence[str]) -> dict[str, OrderRecord]:
        """What is stored under each of these ids, in two round trips."""
        keys = [f"{{orders}}:order:{order_id}" for order_id in order_ids]
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(key, ["order", "platform", "withdrawn", "sequence"])
            found = await pipe.execute()
            for order_id, (_, platform, *_) in zip(order_ids, found, strict=True):
                pipe.zscore(f"{{orders}}:platform:{platform}", order_id)
            listed = await pipe.execute()
        return {
            order_id: OrderRecord(
                key=key,
                found=order is not None,
                placed=readable(PlaceOrder, order),
                withdrawn=withdrawn is not None,
                listed_at=listed_at,
                announced=int(sequence or 0),
            )
            for order_id, key, (order, _, withdrawn, sequence), listed_at in zip(
                order_ids, keys, found, listed, strict=True
            )
        }


def _without_label(fact: OrderPlaced) -> str:
    """The script draws the label, and puts it in."""
    return fact.model_dump_json(exclude={"label"})
