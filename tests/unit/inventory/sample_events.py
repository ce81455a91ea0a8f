"""What inventory consumes, as shipping publishes it."""

from __future__ import annotations

from deployments.foundation.events.publishing import Envelope, schema_of
from deployments.shipping.events import ShipmentDispatched, ShipmentLine


def dispatched(event_id: str, saga: str, at: int, *lines: tuple[str, int]) -> Envelope:
    """The event as shipping publishes it."""
    event = ShipmentDispatched(
        shipment_id=f"shipment_{saga}_{at}",
        order_id=f"order_{saga}",
        reservation_id=saga,
        location_id=at,
        carrier="Carrier",
        lines=tuple(
            ShipmentLine(line_id=f"li_{n}", sku=sku, quantity=quantity)
            for n, (sku, quantity) in enumerate(lines, 1)
        ),
        tracking_number="1Z",
        tracking_url="http://carrier/1Z",
    )
    return Envelope.model_validate(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": "/services/shipping",
            "type": event.type,
            "subject": event.shipment_id,
            "time": "2026-04-08T12:00:00Z",
            "dataschema": schema_of(event.type),
            "datacontenttype": "application/json",
            "sequence": 2,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": event.model_dump(mode="json"),
        }
    )
