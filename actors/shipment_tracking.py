"""Asks carriers where shipments are, and so moves them along.

Two may run at once: `ShippingApi.advance` moves each shipment once, whoever calls.
"""

from __future__ import annotations

import ray

from deployments.foundation.events.loop import Loop, LoopActor, Tick
from deployments.foundation.rpc.handles import connect
from deployments.shipping.contract import AdvanceShipments, ShippingApi

BATCH = 50
_CALL_SECONDS = 15.0
"""More than a pass takes whose carriers all give no answer."""


def advancing(shipping: ShippingApi) -> Tick:
    """A tick that looks at what is due, a batch at a time; a full batch asks for another tick."""

    async def tick() -> bool:
        return (await shipping.advance(AdvanceShipments(limit=BATCH))).count == BATCH

    return tick


@ray.remote
class ShipmentTracking(LoopActor):
    """The loop of shipping's application that moves shipments along."""

    def __init__(self, every: float = 1.0) -> None:
        tick = advancing(connect(ShippingApi, app="shipping", seconds=_CALL_SECONDS))
        super().__init__(Loop("shipment_tracking", tick, every=every))
