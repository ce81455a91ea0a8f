"""The events that buyers are mailed about: event in, mail out."""

from __future__ import annotations

from deployments.carts.events import CartAbandoned
from deployments.foundation.events.publishing import Envelope, Event, event_of
from deployments.foundation.events.subscriptions import Handler, Subscription
from deployments.notifications.domain import MailSource
from deployments.notifications.service import HANDLER_SECONDS, NotificationsService
from deployments.orders.events import OrderCancelled, OrderDelivered, OrderPlaced, OrderShipped
from deployments.payments.events import PaymentRefunded

_WITHIN_SECONDS = HANDLER_SECONDS + 5.0
"""More than the service takes, whose own deadline says what was late."""


class NotificationsConsumers:
    """Gives events to the service.

    What fails is retried for about 18 minutes, unless the failure is non-retryable.
    """

    def __init__(self, service: NotificationsService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """All that notifications subscribes to."""
        handlers: dict[str, dict[type[Event], Handler]] = {
            "orders": {
                OrderPlaced: self._order_placed,
                OrderShipped: self._order_shipped,
                OrderDelivered: self._order_delivered,
                OrderCancelled: self._order_cancelled,
            },
            # Orders publishes refunds as well; this is the one that is mailed.
            "payments": {PaymentRefunded: self._payment_refunded},
            "carts": {CartAbandoned: self._cart_abandoned},
        }
        return [
            Subscription(publisher, of, handler_seconds=_WITHIN_SECONDS)
            for publisher, of in handlers.items()
        ]

    async def _order_placed(self, envelope: Envelope) -> None:
        await self._service.order_placed(_source(envelope), event_of(envelope, OrderPlaced))

    async def _order_shipped(self, envelope: Envelope) -> None:
        await self._service.order_shipped(_source(envelope), event_of(envelope, OrderShipped))

    async def _order_delivered(self, envelope: Envelope) -> None:
        await self._service.order_delivered(_source(envelope), event_of(envelope, OrderDelivered))

    async def _order_cancelled(self, envelope: Envelope) -> None:
        await self._service.order_cancelled(_source(envelope), event_of(envelope, OrderCancelled))

    async def _payment_refunded(self, envelope: Envelope) -> None:
        await self._service.payment_refunded(_source(envelope), event_of(envelope, PaymentRefunded))

    async def _cart_abandoned(self, envelope: Envelope) -> None:
        await self._service.cart_abandoned(_source(envelope), event_of(envelope, CartAbandoned))


def _source(envelope: Envelope) -> MailSource:
    return MailSource(envelope.id, envelope.time)
