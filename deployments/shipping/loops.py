"""What shipping does again and again: asking carriers where shipments are."""

from __future__ import annotations

from deployments.foundation.events.loop import Loop
from deployments.shipping.contract import AdvanceShipments, ShippingApi

BATCH = 50
EVERY_SECONDS = 1.0


def shipment_tracking(shipping: ShippingApi, *, every: float = EVERY_SECONDS) -> Loop:
    """Moves each shipment that is due once, whoever else does the same, a batch at a time."""

    async def tick() -> bool:
        return (await shipping.advance(AdvanceShipments(limit=BATCH))).count == BATCH

    return Loop("shipment_tracking", tick, every=every)
