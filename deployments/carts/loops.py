"""What carts does again and again: publishing carts that were left."""

from __future__ import annotations

from deployments.carts.contract import CartsApi, PublishAbandoned
from deployments.foundation.events.loop import Loop

BATCH = 100
EVERY_SECONDS = 10.0
LEFT_AFTER_SECONDS = 3600
"""A cart is left when it has not changed for so long."""


def abandonment(
    carts: CartsApi, *, every: float = EVERY_SECONDS, seconds: int = LEFT_AFTER_SECONDS
) -> Loop:
    """Publishes each cart that was left once, whoever else does the same, a batch at a time."""

    async def tick() -> bool:
        request = PublishAbandoned(seconds=seconds, limit=BATCH)
        return (await carts.publish_abandoned(request)).count == BATCH

    return Loop("cart_abandonment", tick, every=every)
