"""What inventory consumes: shipping's dispatches."""

from __future__ import annotations

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.events.subscriptions import Subscription
from deployments.inventory.contract import StockLine
from deployments.inventory.service import InventoryService
from deployments.shipping.events import ShipmentDispatched


class InventoryConsumers:
    """Gives events to the service."""

    def __init__(self, service: InventoryService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """Shipping's dispatches: what the carrier took is not here any more."""
        return [Subscription("shipping", {ShipmentDispatched: self._shipped})]

    async def _shipped(self, envelope: Envelope) -> None:
        event = event_of(envelope, ShipmentDispatched)
        lines = [StockLine(sku=line.sku, quantity=line.quantity) for line in event.lines]
        await self._service.ship(envelope.id, event.reservation_id, event.location_id, lines)
