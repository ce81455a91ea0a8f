"""What payments and shipping tell orders, and how orders consumes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from deployments.foundation.events.publishing import Envelope, Event, schema_of
from deployments.orders.consumers import OrdersConsumers
from deployments.orders.service import OrdersService
from deployments.payments.events import PaymentCaptured, PaymentRefunded
from deployments.shipping.events import (
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLine,
)
from tests.unit.orders.sample_orders import NOON

TOTAL = 9319
ALL = {"line_1": 2, "line_2": 1}
Carried = dict[str, int]


def captured(saga: str = "s1") -> PaymentCaptured:
    return PaymentCaptured(
        payment_id=f"payment_{saga}", checkout_id=f"checkout_{saga}", amount=TOTAL, currency="USD"
    )


def refunded(refund: int, altogether: int | None = None, saga: str = "s1") -> PaymentRefunded:
    return PaymentRefunded(
        **captured(saga).model_dump(), refund=refund, refunded=altogether or refund
    )


def created(id_: str = "shipment_1", lines: Carried = ALL, saga: str = "s1") -> ShipmentCreated:
    return ShipmentCreated(
        shipment_id=id_,
        order_id=f"order_{saga}",
        reservation_id=f"reservation_{saga}",
        location_id=6,
        carrier="Overland",
        lines=tuple(
            ShipmentLine(line_id=line, sku=line.replace("line_", "SKU-"), quantity=quantity)
            for line, quantity in lines.items()
        ),
    )


def dispatched(
    id_: str = "shipment_1", lines: Carried = ALL, saga: str = "s1"
) -> ShipmentDispatched:
    number = f"OV-{id_}"
    return ShipmentDispatched(
        **created(id_, lines, saga).model_dump(),
        tracking_number=number,
        tracking_url=f"https://track.example/{number}",
    )


def delivered(id_: str = "shipment_1", lines: Carried = ALL, saga: str = "s1") -> ShipmentDelivered:
    return ShipmentDelivered(**dispatched(id_, lines, saga).model_dump())


def told(event: Event, number: int = 1, at: datetime | None = None) -> Envelope:
    """The event as it is read; it happened as many minutes after noon as its number says."""
    subject = str(getattr(event, event.subject))
    return Envelope.model_validate(
        {
            "specversion": "1.0",
            "id": f"event_{subject}_{number}",
            "source": f"/services/{event.type.split('.')[2]}",
            "type": event.type,
            "subject": subject,
            "time": at or NOON + timedelta(minutes=number),
            "dataschema": schema_of(event.type),
            "datacontenttype": "application/json",
            "sequence": number,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": event.model_dump(mode="json"),
        }
    )


def in_turn(*events: Event) -> list[Envelope]:
    """The events of one subject."""
    return [told(event, number) for number, event in enumerate(events, 1)]


def shipment(id_: str, lines: Carried = ALL, saga: str = "s1") -> list[Envelope]:
    """All that is told of one shipment."""
    steps: Sequence[Event] = (
        created(id_, lines, saga),
        dispatched(id_, lines, saga),
        delivered(id_, lines, saga),
    )
    return in_turn(*steps)


async def consume(orders: OrdersService, *envelopes: Envelope) -> None:
    """Bring events to their handlers, one after another."""
    subscriptions = OrdersConsumers(orders).subscriptions()
    for envelope in envelopes:
        found = (each.handler_of(envelope.type) for each in subscriptions)
        (handler,) = (each for each in found if each is not None)
        await handler(envelope)
