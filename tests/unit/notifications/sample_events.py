"""What the tests of notifications tell buyers."""

from __future__ import annotations

from datetime import UTC, datetime

from deployments.carts.events import AbandonedLine, CartAbandoned
from deployments.orders.events import (
    MovedLine,
    OrderCancelled,
    OrderDelivered,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
    PlacedLine,
    PromisedDelivery,
)
from deployments.payments.events import PaymentRefunded

ADA = "ada@example.com"


def placed(number: int = 1, *, buyer: str | None = ADA, title: str = "Helmet") -> OrderPlaced:
    line = PlacedLine(
        id="line_1", sku="HELMET", title=title, quantity=2, unit_price=3499, total=6998
    )
    return OrderPlaced(
        order_id=f"order_{number}",
        label=f"FH-10000{number}",
        platform="acme",
        checkout_id=f"checkout_{number}",
        payment_id=f"payment_{number}",
        reservation_id=f"reservation_{number}",
        currency="USD",
        lines=(line,),
        subtotal=6998,
        shipping=500,
        tax=602,
        total=8100,
        delivery=PromisedDelivery(
            title="Ground",
            carrier="Overland",
            country="US",
            earliest=datetime(2026, 6, 3, tzinfo=UTC),
            latest=datetime(2026, 6, 5, tzinfo=UTC),
        ),
        buyer_email=buyer,
    )


def shipped(number: int = 1, parcel: int = 1, *, complete: bool = True) -> OrderShipped:
    order = placed(number)
    return OrderShipped(
        order_id=order.order_id,
        label=order.label,
        platform=order.platform,
        shipment_id=f"shipment_{parcel}",
        carrier="Overland",
        tracking_number=f"OV-{parcel}",
        tracking_url=f"https://track.example/OV-{parcel}?lang=en&full=1",
        lines=(MovedLine(id="line_1", sku="HELMET", title="Helmet", quantity=2),),
        complete=complete,
    )


def delivered(number: int = 1, parcel: int = 1, *, complete: bool = True) -> OrderDelivered:
    return OrderDelivered(**shipped(number, parcel, complete=complete).model_dump())


def refund_followed(number: int = 1) -> OrderRefunded:
    """What orders says of a refund that payments has published."""
    order = placed(number)
    return OrderRefunded(
        order_id=order.order_id,
        label=order.label,
        platform=order.platform,
        currency="USD",
        refund=500,
        refunded=500,
    )


def cancelled(number: int = 1) -> OrderCancelled:
    order = placed(number)
    return OrderCancelled(order_id=order.order_id, label=order.label, platform=order.platform)


def refunded(number: int = 1, refund: int = 500, altogether: int = 500) -> PaymentRefunded:
    return PaymentRefunded(
        payment_id=f"payment_{number}",
        checkout_id=f"checkout_{number}",
        amount=8100,
        currency="USD",
        refund=refund,
        refunded=altogether,
    )


def abandoned(number: int = 1, *, buyer: str | None = ADA) -> CartAbandoned:
    line = AbandonedLine(sku="HELMET", title="Helmet", quantity=2, unit_price=3499)
    return CartAbandoned(
        cart_id=f"cart_{number}",
        platform="acme",
        buyer_email=buyer,
        currency="USD",
        total=6998,
        lines=(line,),
    )
