"""What carts reads of other services' events."""

from __future__ import annotations

from deployments.carts.domain import DeliveryEstimate
from deployments.carts.service import CartsService
from deployments.checkout.events import CheckoutCompleted
from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.events.subscriptions import Subscription
from deployments.shipping.events import DeliveryEstimated


class CartsConsumers:
    """Gives events to the service."""

    def __init__(self, service: CartsService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """Checkout's completions, as a cart that was bought is closed; and estimates."""
        return [
            Subscription("checkout", {CheckoutCompleted: self._bought}),
            Subscription("shipping", {DeliveryEstimated: self._estimated}),
        ]

    async def _bought(self, envelope: Envelope) -> None:
        event = event_of(envelope, CheckoutCompleted)
        if event.cart_id is not None:
            await self._service.mark_bought(
                event.cart_id, event.platform, event.order_id, envelope.id
            )

    async def _estimated(self, envelope: Envelope) -> None:
        event = event_of(envelope, DeliveryEstimated)
        delivery = DeliveryEstimate(estimate=event, at=envelope.time)
        await self._service.keep_estimate(delivery, envelope.id)
