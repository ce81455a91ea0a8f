"""The events that orders follows: what becomes of an order's payment and of its shipments."""

from __future__ import annotations

from deployments.foundation.events.publishing import Envelope, event_of
from deployments.foundation.events.subscriptions import Subscription
from deployments.orders.contract.order import LineUnits, ShippedParcel
from deployments.orders.service import OrderEventSource, OrdersService
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from deployments.shipping.events import (
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentEvent,
)

_INDEXING_SECONDS = 120.0
"""A payment that is not known may be of an order that no index has yet; see `store.py`."""


class OrdersConsumers:
    """Gives events to the service. An event about an order that is not known yet comes again."""

    def __init__(self, service: OrdersService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """All that orders subscribes to."""
        return [
            Subscription(
                "payments",
                {PaymentCaptured: self._captured, PaymentRefunded: self._refunded},
                handler_seconds=_INDEXING_SECONDS,
            ),
            Subscription(
                "shipping",
                {
                    ShipmentCreated: self._created,
                    ShipmentDispatched: self._dispatched,
                    ShipmentDelivered: self._delivered,
                },
            ),
        ]

    async def _captured(self, envelope: Envelope) -> None:
        event = event_of(envelope, PaymentCaptured)
        await self._service.payment_captured(_source(envelope), event.payment_id)

    async def _refunded(self, envelope: Envelope) -> None:
        event = event_of(envelope, PaymentRefunded)
        await self._service.payment_refunded(_source(envelope), event)

    async def _created(self, envelope: Envelope) -> None:
        event = event_of(envelope, ShipmentCreated)
        await self._service.shipment_moved(
            _source(envelope), event.order_id, _parcel(event), "processing"
        )

    async def _dispatched(self, envelope: Envelope) -> None:
        event = event_of(envelope, ShipmentDispatched)
        parcel = _parcel(event, event.tracking_number, event.tracking_url)
        await self._service.shipment_moved(_source(envelope), event.order_id, parcel, "shipped")

    async def _delivered(self, envelope: Envelope) -> None:
        event = event_of(envelope, ShipmentDelivered)
        parcel = _parcel(event, event.tracking_number, event.tracking_url)
        await self._service.shipment_moved(_source(envelope), event.order_id, parcel, "delivered")


def _source(envelope: Envelope) -> OrderEventSource:
    return OrderEventSource(envelope.id, envelope.time)


def _parcel(
    event: ShipmentEvent, tracking_number: str | None = None, tracking_url: str | None = None
) -> ShippedParcel:
    return ShippedParcel(
        id=event.shipment_id,
        carrier=event.carrier,
        lines=tuple(LineUnits(id=line.line_id, quantity=line.quantity) for line in event.lines),
        tracking_number=tracking_number,
        tracking_url=tracking_url,
    )
