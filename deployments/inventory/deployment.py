"""Inventory as a Serve application without public routes."""

from __future__ import annotations

from ray import serve

from deployments.foundation.clock import utc_now
from deployments.foundation.redis import connect_redis
from deployments.foundation.serving import Serving
from deployments.inventory.contract import InventoryApi
from deployments.inventory.service import InventoryService
from deployments.inventory.store import InventoryStore


@serve.deployment
class Inventory(Serving):
    """Answers `InventoryApi`."""

    async def __init__(self) -> None:  # type: ignore[misc] # Serve awaits it.
        redis = await connect_redis("inventory")
        self.expose(InventoryApi, InventoryService(InventoryStore(redis), utc_now), redis)


app = Inventory.bind()  # type: ignore[attr-defined] # Serve's decorator gives it `bind`.
