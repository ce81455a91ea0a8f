"""Shipping as a Serve application: no public routes, answers other services only."""

from __future__ import annotations

from ray import serve

from deployments.foundation.events.consuming import Consuming
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.serving import Serving
from deployments.foundation.values.clock import utc_now
from deployments.foundation.values.settings import (
    sandbox_delivery_seconds,
    sandbox_dispatch_seconds,
)
from deployments.shipping.carrier import Carriers
from deployments.shipping.consumers import ShippingConsumers
from deployments.shipping.contract import ShippingApi
from deployments.shipping.sandbox import SandboxCarrier
from deployments.shipping.service import ShippingService
from deployments.shipping.shipment_store import SERVICE
from deployments.shipping.store import ShippingStore


def carriers() -> Carriers:
    """The carriers that this store works with."""
    sandbox = SandboxCarrier(sandbox_dispatch_seconds(), sandbox_delivery_seconds(), utc_now)
    return Carriers([sandbox])


@serve.deployment
class ShippingConsumer(Consuming):
    """One reader of the events that shipping subscribes to, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis(SERVICE)
        service = ShippingService(ShippingStore(redis))
        await self.consume(SERVICE, redis, ShippingConsumers(service).subscriptions())


@serve.deployment
class Shipping(Serving):
    """One replica of shipping. The consumer's handle only makes Serve deploy both together."""

    async def __init__(self, _consumer: object) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis(SERVICE)
        service = ShippingService(ShippingStore(redis), carriers=carriers())
        self.expose(ShippingApi, service, redis)


app = Shipping.bind(ShippingConsumer.bind())  # type: ignore[attr-defined] # Serve's decorator.
