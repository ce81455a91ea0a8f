"""Inventory as a Serve application without public routes."""

from __future__ import annotations

from ray import serve
from redis.asyncio import Redis

from deployments.foundation.events.consuming import Consuming
from deployments.foundation.redis.connection import connect_redis
from deployments.foundation.rpc.serving import Serving
from deployments.foundation.values.clock import utc_now
from deployments.inventory.consumers import InventoryConsumers
from deployments.inventory.contract import InventoryApi
from deployments.inventory.service import InventoryService
from deployments.inventory.store import SERVICE, InventoryStore


def service_on(redis: Redis) -> InventoryService:
    """Inventory's service."""
    return InventoryService(InventoryStore(redis), utc_now)


@serve.deployment
class InventoryConsumer(Consuming):
    """One reader of the events that inventory subscribes to, scaled by how far it is behind."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis(SERVICE)
        await self.consume(SERVICE, redis, InventoryConsumers(service_on(redis)).subscriptions())


@serve.deployment
class Inventory(Serving):
    """Answers `InventoryApi`. The consumer's handle only makes Serve deploy both together."""

    async def __init__(self, _consumer: object) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis(SERVICE)
        self.expose(InventoryApi, service_on(redis), redis)


app = Inventory.bind(InventoryConsumer.bind())  # type: ignore[attr-defined] # Serve's decorator.
