"""Two subscribers on Serve that take their time, with the users of real services.

Serve finds `loaded` and `quiet` here by name: each is an application that does nothing but consume.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

from ray import serve
from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope, Event, occasion, streams_of
from deployments.foundation.events.subscriptions import Subscription, inbox_key
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.placement.host import Placed
from deployments.foundation.placement.replica import Replica
from deployments.foundation.redis.connection import script
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.ids import new_id
from deployments.foundation.values.meter import UNMEASURED, Meter

HANDLING_SECONDS = 0.3
"""A replica handles 32 events at once, so about a hundred a second."""
_HERE = Path(__file__).parent
_HANDLE_ITEM = _HERE.parent / "unit" / "consuming" / "handle_item.lua"


class OrderHappened(Event):
    """Something about an order."""

    type: ClassVar[str] = "org.fieldhouse.orders.happened.v1"
    subject: ClassVar[str] = "id"
    id: str


class CheckoutHappened(Event):
    """Something about a checkout."""

    type: ClassVar[str] = "org.fieldhouse.checkout.happened.v1"
    subject: ClassVar[str] = "id"
    id: str


class SlowService:
    """One subscriber: whom it consumes, and what it has written down."""

    def __init__(self, service: str, publisher: str, kind: type[Event]) -> None:
        self.service, self.publisher, self.kind = service, publisher, kind

    def subscription(self, redis: Redis, replica: str) -> Subscription:
        """Writes each event down once, slowly, and who did it."""
        take_effect = script(redis, _HANDLE_ITEM, "inbox")

        async def handle(envelope: Envelope) -> None:
            await asyncio.sleep(HANDLING_SECONDS)
            keys = [inbox_key(self.service, envelope.id), self._log(envelope.subject)]
            await take_effect(keys=[*keys, self._key("figures")], args=[envelope.sequence])
            await cast(Any, redis.hincrby(self._key("replicas"), replica, 1))

        return Subscription(self.publisher, {self.kind: handle})

    async def publish(self, redis: Redis, subjects: list[str]) -> None:
        """One more event of each subject, as the publisher's user."""
        publish = script(redis, _HERE / "publish_events.lua", "publish")
        keys = [f"{{{self.publisher}}}:counters", *streams_of(self.publisher)]
        said = occasion(self.publisher, datetime.now(UTC))
        await publish(keys=keys, args=[self.kind.type, *subjects, said])

    async def effects(self, redis: Redis) -> int:
        """How many events have taken effect."""
        return int(await cast(Any, redis.hget(self._key("figures"), "effects")) or 0)

    async def kept(self, redis: Redis, subject: str) -> list[int]:
        """The numbers of a subject's events, in the order of their effects."""
        return list(map(int, await cast(Any, redis.lrange(self._log(subject), 0, -1))))

    async def replicas(self, redis: Redis) -> int:
        """How many replicas have had a part in it."""
        return int(await cast(Any, redis.hlen(self._key("replicas"))))

    def _log(self, subject: str) -> str:
        return self._key(f"log:{subject}")

    def _key(self, name: str) -> str:
        return f"{{{self.service}}}:{name}"


LOADED = SlowService("notifications", "orders", OrderHappened)
QUIET = SlowService("carts", "checkout", CheckoutHappened)


def _placed(service: SlowService) -> list[Placed]:
    def compose(
        redis: Redis,
        connect: Connect,
        *,
        clock: Clock = utc_now,
        meter: Meter = UNMEASURED,
    ) -> Composition:
        return Composition(subscriptions=[service.subscription(redis, new_id("replica"))])

    return [Placed(service.service, compose)]


loaded = serve.deployment(Replica, name="Loaded").bind(partial(_placed, LOADED))
quiet = serve.deployment(Replica, name="Quiet").bind(partial(_placed, QUIET))
