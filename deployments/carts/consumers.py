"""What carts hears of other rooms."""

from __future__ import annotations

from deployments.carts.service import CartsService
from deployments.checkout.events import CheckoutCompleted
from deployments.foundation.events import Envelope, fact_of
from deployments.foundation.subscriptions import Subscription


class CartsConsumers:
    """Gives events to the service."""

    def __init__(self, service: CartsService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """Checkout's completions: a cart that was bought was not abandoned."""
        return [Subscription("checkout", {CheckoutCompleted: self._bought})]

    async def _bought(self, envelope: Envelope) -> None:
        fact = fact_of(envelope, CheckoutCompleted)
        if fact.cart_id is not None:
            await self._service.mark_bought(fact.cart_id, envelope.id)
