"""Shipping with a clock and a carrier that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.subscriptions import Handler
from deployments.foundation.placement.host import nowhere
from deployments.shipping.carrier import Carriers
from deployments.shipping.consumers import ShippingConsumers
from deployments.shipping.contract import AdvanceShipments, ImportMethods
from deployments.shipping.deployment import compose
from deployments.shipping.domain.parcels import Label, Parcel, TrackingStatus
from deployments.shipping.records import ShipmentRecord, ShipmentRecords
from deployments.shipping.sandbox import SandboxCarrier
from deployments.shipping.service import ShippingService
from tests.clock import ManualClock
from tests.conftest import ClientOf
from tests.published_events import published
from tests.unit.shipping.sample_methods import METHODS, WEDNESDAY

DISPATCH_SECONDS, DELIVERY_SECONDS = 5, 15


class TroubledCarrier:
    """The sandbox, but for what is in `trouble`, by a parcel's key or tracking number."""

    def __init__(self, clock: ManualClock) -> None:
        self._sandbox = SandboxCarrier(DISPATCH_SECONDS, DELIVERY_SECONDS, clock)
        self.names = self._sandbox.names
        self.booked: list[str] = []
        self.trouble: dict[str, Exception] = {}
        self.hold: asyncio.Event | None = None
        """While set, whoever asks waits for it."""
        self.waiting = asyncio.Event()

    async def book(self, parcel: Parcel) -> Label:
        self.booked.append(parcel.key)
        if parcel.key in self.trouble:
            raise self.trouble[parcel.key]
        return await self._sandbox.book(parcel)

    async def look_up(self, tracking_number: str) -> TrackingStatus:
        if tracking_number in self.trouble:
            raise self.trouble[tracking_number]
        progress = await self._sandbox.look_up(tracking_number)
        if self.hold is not None:
            self.waiting.set()
            await self.hold.wait()
        return progress


class ComposedShipping:
    """One shipping on one Redis, in as many processes as a test asks for."""

    def __init__(self, redis_of: ClientOf) -> None:
        self.redis_of, self.clock = redis_of, ManualClock(WEDNESDAY)
        self.redis: Redis = redis_of("shipping")
        self.carrier = TroubledCarrier(self.clock)
        self.records = ShipmentRecords(self.redis)
        self.service = self.process()

    def process(self, carrier: TroubledCarrier | None = None) -> ShippingService:
        """Another process."""
        carriers = Carriers([carrier or self.carrier])
        redis = self.redis_of("shipping")
        composed = compose(redis, nowhere, clock=self.clock, carriers=carriers)
        return cast(ShippingService, composed.service)

    async def stock(self) -> None:
        await self.service.import_methods(ImportMethods(batch="first", methods=METHODS))

    async def consume(self, *envelopes: Envelope, by: ShippingService | None = None) -> None:
        """One event after another reaches its handler."""
        for envelope in envelopes:
            await handler_of(by or self.service, envelope)(envelope)

    async def published(self, *types: str) -> list[Envelope]:
        return await published(self.redis, "shipping", *types)

    async def said(self) -> list[tuple[str, str]]:
        """What was published of shipments, by event and shipment."""
        return [(event.type.split(".")[-2], event.subject) for event in await self.published()]

    async def all_records(self) -> Sequence[ShipmentRecord]:
        ids = [id_ async for batch in self.records.ids() for id_ in batch]
        return list((await self.records.records(ids)).values())

    async def advance(self, seconds: float = 0.0, limit: int = 50) -> tuple[int, int, int]:
        """Let time pass, and look at what is due: how many, how many moved and failed."""
        self.clock.forward(seconds)
        # Leases go by Redis' clock, which no test moves: so much of each is over now.
        for id_ in await self.redis.zrange("{shipping}:taken", 0, -1):
            await self.redis.zincrby("{shipping}:taken", -1000 * seconds, str(id_))
        done = await self.service.advance(AdvanceShipments(limit=limit))
        return done.count, done.moved, done.failed


def handler_of(service: ShippingService, envelope: Envelope) -> Handler:
    subscriptions = ShippingConsumers(service).subscriptions()
    (handler,) = filter(None, (one.handler_of(envelope.type) for one in subscriptions))
    return handler
