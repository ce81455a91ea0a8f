"""What waitlist subscribes to: inventory says when a SKU is back."""

from __future__ import annotations

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.events.subscriptions import Subscription
from deployments.inventory.events import StockBack
from tests.template.waitlist.service import WaitlistService


class WaitlistConsumers:
    """Gives events to the service."""

    def __init__(self, service: WaitlistService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """All that waitlist subscribes to."""
        return [Subscription("inventory", {StockBack: self._back})]

    async def _back(self, envelope: Envelope) -> None:
        event = event_of(envelope, StockBack)
        await self._service.back_in_stock(envelope.id, event.sku, event.available)
