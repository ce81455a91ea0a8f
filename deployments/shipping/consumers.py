"""What shipping consumes: events of carts, orders and inventory."""

from __future__ import annotations

from deployments.carts.events import CartCancelled, LineAdded, LineChanged, LineRemoved
from deployments.foundation.events.publishing import Envelope, Event, event_of
from deployments.foundation.events.subscriptions import Handler, Subscription
from deployments.inventory.events import StockCommitted
from deployments.orders.events import OrderPaid
from deployments.shipping.service import ConsumedEvent, ShippingService


class ShippingConsumers:
    """Gives events to the service."""

    def __init__(self, service: ShippingService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """Carts, for estimates; orders and inventory, for the two halves of shipments."""
        carts: dict[type[Event], Handler] = {
            LineAdded: self._line_added,
            LineChanged: self._line_changed,
            LineRemoved: self._line_removed,
            CartCancelled: self._cart_cancelled,
        }
        return [
            Subscription("carts", carts),
            Subscription("orders", {OrderPaid: self._order_paid}),
            Subscription("inventory", {StockCommitted: self._stock_committed}),
        ]

    async def _line_added(self, envelope: Envelope) -> None:
        await self._service.line_is(_consumed(envelope), event_of(envelope, LineAdded))

    async def _line_changed(self, envelope: Envelope) -> None:
        await self._service.line_is(_consumed(envelope), event_of(envelope, LineChanged))

    async def _line_removed(self, envelope: Envelope) -> None:
        await self._service.line_is_gone(_consumed(envelope), event_of(envelope, LineRemoved))

    async def _cart_cancelled(self, envelope: Envelope) -> None:
        event = event_of(envelope, CartCancelled)
        await self._service.cart_is_gone(_consumed(envelope), event.cart_id)

    async def _order_paid(self, envelope: Envelope) -> None:
        await self._service.order_paid(envelope.id, event_of(envelope, OrderPaid))

    async def _stock_committed(self, envelope: Envelope) -> None:
        await self._service.stock_committed(envelope.id, event_of(envelope, StockCommitted))


def _consumed(envelope: Envelope) -> ConsumedEvent:
    return ConsumedEvent(envelope.id, envelope.sequence)
