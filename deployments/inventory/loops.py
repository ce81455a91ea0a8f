"""What inventory does again and again: returning held stock whose deadline has passed."""

from __future__ import annotations

from deployments.foundation.events.loop import Loop
from deployments.inventory.contract import InventoryApi, ReleaseExpired

BATCH = 100
EVERY_SECONDS = 2.0


def hold_expiry(inventory: InventoryApi, *, every: float = EVERY_SECONDS) -> Loop:
    """Returns each lapsed reservation once, whoever else does the same, a batch at a time."""

    async def tick() -> bool:
        released = await inventory.release_expired(ReleaseExpired(limit=BATCH))
        return released.count == BATCH

    return Loop("hold_expiry", tick, every=every)
