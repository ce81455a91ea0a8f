"""The facts that orders follows: what becomes of an order's payment and of its shipments."""

from __future__ import annotations

from deployments.foundation.events import Envelope, fact_of
from deployments.foundation.subscriptions import Subscription
from deployments.orders.fulfillment import LineUnits, Parcel
from deployments.orders.service import OrdersService, Source
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
    """Gives events to the service. A fact about an order that is not known yet is tried again."""

    def __init__(self, service: OrdersService) -> None:
        self._service = service

    def subscriptions(self) -> list[Subscription]:
        """All that orders listens to."""
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
        fact = fact_of(envelope, PaymentCaptured)
        await self._service.payment_captured(_source(envelope), fact.payment_id)

    async def _refunded(self, envelope: Envelope) -> None:
        fact = fact_of(envelope, PaymentRefunded)
        await self._service.payment_refunded(_source(envelope), fact)

    async def _created(self, envelope: Envelope) -> None:
        fact = fact_of(envelope, ShipmentCreated)
        source, parcel = _source(envelope), _parcel(fact)
        await self._service.shipment_moved(source, fact.order_id, parcel, "processing")

    async def _dispatched(self, envelope: Envelope) -> None:
        fact = fact_of(envelope, ShipmentDispatched)
        source, parcel = _source(envelope), _parcel(fact, fact.tracking_number, fact.tracking_url)
        await self._service.shipment_moved(source, fact.order_id, parcel, "shipped")

    async def _delivered(self, envelope: Envelope) -> None:
        fact = fact_of(envelope, ShipmentDelivered)
        source, parcel = _source(envelope), _parcel(fact, fact.tracking_number, fact.tracking_url)
        await self._service.shipment_moved(source, fact.order_id, parcel, "delivered")


def _source(envelope: Envelope) -> Source:
    return Source(envelope.id, envelope.time)


def _parcel(
    fact: ShipmentEvent, tracking_number: str | None = None, tracking_url: str | None = None
) -> Parcel:
    return Parcel(
        id=fact.shipment_id,
        carrier=fact.carrier,
        lines=tuple(LineUnits(id=line.line_id, quantity=line.quantity) for line in fact.lines),
        tracking_number=tracking_number,
        tracking_url=tracking_url,
    )
