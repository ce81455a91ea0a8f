"""The events about orders that platforms are told of: event in, queued deliveries out."""

from __future__ import annotations

from functools import partial

from deployments.foundation.events.publishing import Envelope, Event, event_of
from deployments.foundation.events.subscriptions import Handler, Subscription
from deployments.orders.events import (
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderProcessing,
    OrderRefunded,
    OrderShipped,
)
from deployments.webhooks.domain import DeliverySource
from deployments.webhooks.service import WebhooksService

Change = (
    type[OrderPlaced]
    | type[OrderProcessing]
    | type[OrderShipped]
    | type[OrderDelivered]
    | type[OrderRefunded]
)
# A payment shows nowhere in an order as UCP has it, so it is no news.
_CHANGES: tuple[Change, ...] = (
    OrderPlaced,
    OrderProcessing,
    OrderShipped,
    OrderDelivered,
    OrderRefunded,
)


class WebhooksConsumers:
    """Gives events to the service."""

    def __init__(self, service: WebhooksService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """All that webhooks subscribes to."""
        handlers: dict[type[Event], Handler] = {
            kind: partial(self._changed, kind) for kind in _CHANGES
        }
        handlers[OrderCancelled] = self._cancelled
        return [Subscription("orders", handlers)]

    async def _changed(self, kind: Change, envelope: Envelope) -> None:
        event = event_of(envelope, kind)
        await self._service.order_changed(_source(envelope), event.platform, event.order_id)

    async def _cancelled(self, envelope: Envelope) -> None:
        event = event_of(envelope, OrderCancelled)
        await self._service.order_withdrawn(_source(envelope), event.platform, event.order_id)


def _source(envelope: Envelope) -> DeliverySource:
    return DeliverySource(envelope.id, envelope.type, envelope.time)
