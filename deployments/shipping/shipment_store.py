"""Shipments in Redis, under the keys that `store.py` documents. Every method is one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.shipping.domain.parcels import Label
from deployments.shipping.domain.shipments import (
    COMMITTED,
    MOVES,
    Committed,
    PaidOrder,
    Shipment,
    Tracked,
    created_event,
    moved_event,
)

SERVICE = "shipping"
SHIPMENT = "{shipping}:shipment:"
ORDER = "{shipping}:order:"
_RESERVATION = "{shipping}:reservation:"
DUE = "{shipping}:due"
_TAKEN = "{shipping}:taken"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"


class Halves(NamedTuple):
    """Both halves of what an order's shipments are made of."""

    paid: PaidOrder
    committed: Committed


class Taken(NamedTuple):
    """A shipment that is due, as it is stored."""

    id: str
    shipment: str | None
    state: str | None
    label: str | None
    failures: str | None

    def read(self) -> Tracked:
        """The shipment. Raises pydantic's `ValidationError` if it cannot be read."""
        return Tracked(
            shipment=Shipment.model_validate_json(self.shipment or ""),
            state=cast(Any, self.state),
            label=None if self.label is None else Label.model_validate_json(self.label),
            failures=int(self.failures or 0),
        )


class ShipmentStore:
    """Halves, and the shipments that are made of them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._record = script(redis, _LUA / "record_half.lua", "inbox")
        self._create = script(redis, _LUA / "create_shipments.lua", "inbox", "publish")
        self._take = script(redis, _LUA / "take_due.lua", "clock", "leases")
        self._move = script(redis, _LUA / "move.lua", "publish")

    async def paid(self, paid: PaidOrder, event_id: str) -> Halves | None:
        """Keep orders' half; both if this event is to make the shipments."""
        half = ("paid", "committed", paid.model_dump_json())
        other = await self._half(paid.reservation_id, event_id, *half)
        return None if other is None else Halves(paid, COMMITTED.validate_json(other))

    async def committed(
        self, reservation_id: str, committed: Committed, event_id: str
    ) -> Halves | None:
        """Keep inventory's half; both if this event is to make the shipments."""
        half = ("committed", "paid", COMMITTED.dump_json(committed).decode())
        other = await self._half(reservation_id, event_id, *half)
        return None if other is None else Halves(PaidOrder.model_validate_json(other), committed)

    async def _half(self, reservation_id: str, event_id: str, *half: str) -> str | None:
        keys = [inbox_key(SERVICE, event_id), _RESERVATION + reservation_id]
        return cast(str | None, await self._record(keys=keys, args=list(half)))

    async def create(
        self, paid: PaidOrder, shipments: Sequence[Shipment], event_id: str, now: datetime
    ) -> None:
        """Make an order's shipments, due at once, unless they have been made."""
        words: list[str] = []
        for one in shipments:
            words += [one.id, one.model_dump_json(), created_event(one).model_dump_json()]
        await self._create(
            keys=[
                *(inbox_key(SERVICE, event_id), _RESERVATION + paid.reservation_id),
                *(ORDER + paid.order_id, DUE),
                *(SHIPMENT + one.id for one in shipments),
                *_STREAMS,
            ],
            args=[paid.order_id, _ms(now), *words, occasion(SERVICE, now)],
        )

    async def take_due(self, limit: int, now: datetime, lease: timedelta) -> list[Taken]:
        """At most so many shipments that are due. Nobody else gets them while the lease lasts,
        by Redis' clock."""
        lasts = int(lease.total_seconds() * 1000)
        args: list[int | str] = [_ms(now), limit, lasts, SHIPMENT]
        return [Taken(*row) for row in await self._take(keys=[DUE, _TAKEN], args=args)]

    async def label(self, shipment_id: str, label: Label) -> Label:
        """Keep what the carrier answered; the label that was kept first, if there was one."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hsetnx(SHIPMENT + shipment_id, "label", label.model_dump_json())
            pipe.hget(SHIPMENT + shipment_id, "label")
            _, kept = await pipe.execute()
        return Label.model_validate_json(kept)

    async def move(
        self, tracked: Tracked, label: Label, now: datetime, again: datetime | None
    ) -> bool:
        """Move a shipment on from its state, and publish it; false if it has moved already.

        It is looked at again then, or not any more.
        """
        id_, (target, kind) = tracked.shipment.id, MOVES[tracked.state]
        look = "" if again is None else str(_ms(again))
        event = moved_event(tracked, label).model_dump_json()
        moved = await self._move(
            keys=[SHIPMENT + id_, DUE, _TAKEN, *_STREAMS],
            args=[
                *(id_, tracked.state, target, now.isoformat(), look, kind.type, event),
                occasion(SERVICE, now),
            ],
        )
        return bool(moved)

    async def look_again(self, shipment_id: str, at: datetime, failures: int = 0) -> None:
        """When a shipment is due next, unless it has come to its end meanwhile."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zadd(DUE, {shipment_id: _ms(at)}, xx=True)
            pipe.zrem(_TAKEN, shipment_id)
            pipe.hset(SHIPMENT + shipment_id, "failures", str(failures))
            await pipe.execute()


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
