"""Returns held stock to sale once its deadline has passed.

Two may run at once: `InventoryApi.release_expired` returns each reservation once, whoever calls.
"""

from __future__ import annotations

import ray

from deployments.foundation.events.loop import Loop, LoopActor, Tick
from deployments.foundation.rpc.handles import connect
from deployments.inventory.contract import InventoryApi, ReleaseExpired

BATCH = 100


def releasing(inventory: InventoryApi) -> Tick:
    """A tick that returns what lapsed, a batch at a time; a full batch asks for another tick."""

    async def tick() -> bool:
        released = await inventory.release_expired(ReleaseExpired(limit=BATCH))
        return released.count == BATCH

    return tick


@ray.remote
class HoldExpiry(LoopActor):
    """The loop of inventory's application that releases lapsed reservations."""

    def __init__(self, every: float = 2.0) -> None:
        tick = releasing(connect(InventoryApi, app="inventory"))
        super().__init__(Loop("hold_expiry", tick, every=every))
