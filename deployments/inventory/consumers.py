"""What inventory hears of other rooms."""

from __future__ import annotations

from deployments.foundation.events import Envelope, fact_of
from deployments.foundation.subscriptions import Subscription
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
        fact = fact_of(envelope, ShipmentDispatched)
        lines = [StockLine(sku=line.sku, quantity=line.quantity) for line in fact.lines]
        await self._service.ship(envelope.id, fact.reservation_id, fact.location_id, lines)
