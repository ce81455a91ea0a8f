"""What the tests of orders place."""

from __future__ import annotations

from datetime import UTC, datetime

from deployments.foundation.values.address import PostalAddress
from deployments.foundation.values.partitions import layout_of, partition_of
from deployments.orders.contract import GetOrder, PlaceOrder, UndoPlacement
from deployments.orders.contract.order import OrderDelivery, OrderedItem
from deployments.orders.keys import OrderKeys
from deployments.pricing.contract import LinePrice, PriceTotals

PUBLIC_URL = "https://store.example"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def item(number: int = 1, quantity: int = 2, price: int = 1999, discount: int = 0) -> OrderedItem:
    subtotal = quantity * price
    return OrderedItem(
        id=f"line_{number}",
        sku=f"SKU-{number}",
        title=f"Thing {number}",
        unit_price=price,
        quantity=quantity,
        price=LinePrice(subtotal=subtotal, discount=discount, tax=0, total=subtotal - discount),
    )


def totals_of(items: tuple[OrderedItem, ...], shipping: int = 0, tax: int = 0) -> PriceTotals:
    subtotal = sum(one.price.subtotal for one in items)
    discount = sum(one.price.discount for one in items)
    return PriceTotals(
        subtotal=subtotal,
        items_discount=discount,
        discount=0,
        fulfillment=shipping,
        tax=tax,
        total=subtotal - discount + shipping + tax,
    )


def delivery(earliest: datetime, latest: datetime) -> OrderDelivery:
    return OrderDelivery(
        title="Ground",
        carrier="Overland",
        earliest=earliest,
        latest=latest,
        address=PostalAddress(
            first_name="Ada",
            street_address="12 Analytical Way",
            address_locality="Seattle",
            address_region="WA",
            address_country="US",
            postal_code="98101",
        ),
    )


def order(
    saga: str = "s1",
    platform: str = "acme",
    items: tuple[OrderedItem, ...] | None = None,
    shipping: int = 500,
    tax: int = 321,
) -> PlaceOrder:
    items = items or (item(1), item(2, quantity=1, price=5000, discount=500))
    return PlaceOrder(
        key=f"{saga}:place",
        order_id=f"order_{saga}",
        platform=platform,
        checkout_id=f"checkout_{saga}",
        payment_id=f"payment_{saga}",
        reservation_id=f"reservation_{saga}",
        currency="USD",
        items=items,
        totals=totals_of(items, shipping, tax),
        delivery=delivery(datetime(2026, 6, 3, 12, tzinfo=UTC), datetime(2026, 6, 5, tzinfo=UTC)),
        buyer_email="ada@example.com",
    )


def keys_of(saga: str = "s1") -> OrderKeys:
    """Where what is known of an order lies."""
    return OrderKeys.of(f"order_{saga}")


def labels_of(*sagas: str) -> list[str]:
    """What orders are called that are placed in this order in an empty store."""
    last, labels, by = 0, list[str](), len(layout_of("orders").tags())
    for saga in sagas:
        last += 1
        while by > 1 and last % by != partition_of(f"order_{saga}"):
            last += 1
        labels.append(f"FH-{100_000 + last}")
    return labels


def undo(saga: str = "s1") -> UndoPlacement:
    return UndoPlacement(undoes=f"{saga}:place", order_id=f"order_{saga}")


def wanted(saga: str = "s1", platform: str = "acme") -> GetOrder:
    return GetOrder(order_id=f"order_{saga}", platform=platform)
