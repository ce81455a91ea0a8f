"""Whoever follows by events, for real, one event after another, and what may become of an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Literal, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from deployments.foundation.events.cancellation import heed_cancellation
from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.keys import READER, dead_letters_key
from deployments.foundation.events.publishing import ENTRY_FIELD, Event, parse, streams_of
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.events.subscriptions import Subscription
from deployments.foundation.placement.composition import Compose
from deployments.foundation.placement.host import nowhere
from deployments.foundation.values.clock import Clock
from deployments.inventory import deployment as inventory
from deployments.orders import deployment as orders
from deployments.shipping import deployment as shipping
from deployments.shipping.carrier import Carriers
from deployments.shipping.contract import AdvanceShipments
from deployments.shipping.sandbox import SandboxCarrier
from deployments.shipping.service import ShippingService
from tests.composing import service_of

_OPTIONS = ConsumerOptions(renew_seconds=0.05, block_seconds=0.05, recovery_seconds=0.01)
Fate = Literal["lost", "pending", "dead"]
"""Instead of its effect: acknowledged without one, left unacknowledged, or a dead letter."""
Subscriptions = Mapping[str, Sequence[Subscription]]
DISPATCH_SECONDS, DELIVERY_SECONDS = 60, 3600


class Van(SandboxCarrier):
    """The carrier that the tests' methods name."""

    names = frozenset({"Carrier"})


class Followers:
    """Orders, shipping and inventory as they follow. `fates` are of events, by type."""

    def __init__(
        self,
        redis_of: Callable[[str], Redis],
        clock: Clock,
        dispatch_seconds: float = DISPATCH_SECONDS,
        delivery_seconds: float = DELIVERY_SECONDS,
    ) -> None:
        self._redis_of = redis_of
        carriers = Carriers([Van(dispatch_seconds, delivery_seconds, clock)])
        roots: Mapping[str, Compose] = {
            "orders": partial(orders.compose, url="http://store"),
            "shipping": partial(shipping.compose, carriers=carriers),
            "inventory": inventory.compose,
        }
        composed = {
            name: compose(redis_of(name), nowhere, clock=clock) for name, compose in roots.items()
        }
        self.shipping = service_of(composed["shipping"], ShippingService)
        self.subscriptions: Subscriptions = {
            name: one.subscriptions for name, one in composed.items()
        }
        self.fates: dict[str, Fate] = {}

    def fate(self, kind: type[Event], fate: Fate) -> None:
        """What becomes of the events of a type from now on."""
        self.fates[kind.type] = fate

    async def follow(self) -> None:
        """Consume everything that is new, and what follows from that."""
        while sum([await self._consume(name, one) for name, one in self._all()]):
            pass

    def consumers(self) -> list[Consumer]:
        """The consumers that a running store has, each with connections of its own."""
        return [
            Consumer(
                name, self._redis_of(name), partial(self._as, name), subscriptions, options=_OPTIONS
            )
            for name, subscriptions in self.subscriptions.items()
        ]

    def _as(self, subscriber: str, _publisher: str) -> Redis:
        """All services are on one server here."""
        return self._redis_of(subscriber)

    async def move_along(self) -> None:
        """The carrier is asked about what is due."""
        await self.shipping.advance(AdvanceShipments())

    def _all(self) -> list[tuple[str, Subscription]]:
        return [(name, one) for name, many in self.subscriptions.items() for one in many]

    async def _consume(self, subscriber: str, subscription: Subscription) -> int:
        """Everything new of one publisher; how much."""
        count, redis = 0, self._redis_of(subscriber)
        streams = streams_of(subscription.publisher)
        for stream in streams:
            await _enter(redis, stream, subscriber)
        read = await redis.xreadgroup(subscriber, READER, dict.fromkeys(streams, ">"))
        for stream, entries in cast(list[tuple[str, list[tuple[str, dict[str, str]]]]], read):
            for entry, fields in entries:
                count += 1
                if await self._settle(subscriber, subscription, stream, entry, fields):
                    await redis.xack(stream, subscriber, entry)
        return count

    async def _settle(
        self,
        subscriber: str,
        subscription: Subscription,
        stream: str,
        entry: str,
        fields: dict[str, str],
    ) -> bool:
        """Give an event its effect or its fate; whether it is to be acknowledged."""
        envelope = parse(fields)
        handler = subscription.handler_of(envelope.type)
        fate = self.fates.get(envelope.type)
        if handler is None:
            return True
        if fate is None:
            await handler(envelope)
        if fate == "dead":
            seconds, _ = await self._redis_of(subscriber).time()
            letter = {
                "attempts": "12",
                "failed_at": str(seconds * 1000),
                "publisher": subscription.publisher,
                "partition": stream.rpartition(":")[2],
                "entry": entry,
                ENTRY_FIELD: fields[ENTRY_FIELD],
                "error": "ValueError: planted",
            }
            await self._redis_of(subscriber).xadd(dead_letters_key(subscriber), cast(Any, letter))
        return fate != "pending"


async def _enter(redis: Redis, stream: str, group: str) -> None:
    with suppress(ResponseError):  # It is there.
        await redis.xgroup_create(stream, group, id="0", mkstream=True)


@asynccontextmanager
async def following(redis_of: Callable[[str], Redis], clock: Clock) -> AsyncIterator[None]:
    """Let real consumers follow, and a carrier that is quick, as long as this lasts."""
    followers = Followers(redis_of, clock, 0, 0)
    running = [asyncio.create_task(consumer.run()) for consumer in followers.consumers()]
    running.append(asyncio.create_task(_move_along(followers)))
    try:
        yield
        assert not any(task.done() for task in running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _move_along(followers: Followers) -> None:
    while True:
        heed_cancellation()
        await followers.move_along()
        await asyncio.sleep(0)
