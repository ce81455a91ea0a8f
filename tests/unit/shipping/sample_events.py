"""What other services publish, as shipping consumes it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from deployments.carts.events import CartCancelled, LineAdded, LineChanged, LineEvent, LineRemoved
from deployments.foundation.events.publishing import Envelope, Event, schema_of
from deployments.foundation.values.address import PostalAddress
from deployments.inventory.events import ReservedUnits, StockCommitted
from deployments.orders.events import OrderPaid, PlacedLine, PromisedDelivery
from tests.unit.shipping.sample_methods import WEDNESDAY

_ids = itertools.count(1)
HOME = PostalAddress(
    street_address="1 Main St", address_locality="Davis", address_country="US", postal_code="95616"
)


def envelope(event: Event, number: int = 1) -> Envelope:
    """An event as its service publishes it; another event at every call."""
    return Envelope.model_validate(
        {
            "specversion": "1.0",
            "id": f"event_{next(_ids)}_1",
            "source": "/services/any",
            "type": event.type,
            "subject": getattr(event, event.subject),
            "time": WEDNESDAY.isoformat(),
            "dataschema": schema_of(event.type),
            "datacontenttype": "application/json",
            "sequence": number,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": event.model_dump(mode="json"),
        }
    )


class CartHistory:
    """A cart whose events are numbered as carts does."""

    def __init__(self, cart_id: str = "cart_1", country: str | None = None) -> None:
        self.cart_id, self.country = cart_id, country
        self._number = 0

    def added(self, line: str, quantity: int = 1, weight_grams: int | None = 454) -> Envelope:
        return self._line(LineAdded, line, quantity, weight_grams)

    def changed(self, line: str, quantity: int, weight_grams: int | None = 454) -> Envelope:
        return self._line(LineChanged, line, quantity, weight_grams)

    def removed(self, line: str) -> Envelope:
        return self._line(LineRemoved, line, 1, 454)

    def cancelled(self) -> Envelope:
        return self.unheard(CartCancelled(cart_id=self.cart_id, platform="acme"))

    def unheard(self, event: Event) -> Envelope:
        """Any event of the cart; it takes a number."""
        self._number += 1
        return envelope(event, self._number)

    def _line(
        self, kind: type[LineEvent], line: str, quantity: int, weight_grams: int | None
    ) -> Envelope:
        event = kind(
            cart_id=self.cart_id,
            platform="acme",
            line_id=line,
            sku=f"SKU-{line}",
            title="A thing",
            unit_price=100,
            quantity=quantity,
            weight_grams=weight_grams,
            country=self.country,
        )
        return self.unheard(event)


Lines = list[tuple[str, str, int]]
"""Id, SKU and quantity of lines."""
Places = list[tuple[str, int, int]]
"""SKU, location and quantity of what was committed."""


def paid(order: str, lines: Lines, carrier: str = "XRQ") -> Envelope:
    """An order was paid; its reservation is named after it."""
    return envelope(paid_event(order, lines, carrier))


def paid_event(order: str, lines: Lines, carrier: str = "XRQ") -> OrderPaid:
    return OrderPaid(
        order_id=order,
        label="FH-100001",
        platform="acme",
        payment_id="payment_1",
        reservation_id=f"reservation of {order}",
        lines=tuple(_placed(*line) for line in lines),
        delivery=PromisedDelivery(
            title="Ground",
            carrier=carrier,
            country="US",
            earliest=WEDNESDAY,
            latest=WEDNESDAY + timedelta(days=3),
        ),
        destination=HOME,
    )


def committed(order: str, places: Places) -> Envelope:
    """The units of that order's reservation were sold."""
    return envelope(committed_event(order, places))


def committed_event(order: str, places: Places) -> StockCommitted:
    return StockCommitted(
        reservation_id=f"reservation of {order}", lines=tuple(reserved(*place) for place in places)
    )


def reserved(sku: str, location_id: int, quantity: int) -> ReservedUnits:
    return ReservedUnits(sku=sku, location_id=location_id, quantity=quantity)


def _placed(line_id: str, sku: str, quantity: int) -> PlacedLine:
    fields: dict[str, Any] = {"title": "A thing", "unit_price": 100, "total": 100 * quantity}
    return PlacedLine(id=line_id, sku=sku, quantity=quantity, **fields)
