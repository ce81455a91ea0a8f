"""What the checks across services read: the records of each, through its own Redis user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from deployments.catalog.records import CatalogRecords
from deployments.checkout.records import CheckoutRecords
from deployments.foundation.audit.inspection import Inspection
from deployments.inventory.records import InventoryRecords
from deployments.orders.records import OrderRecords
from deployments.payments.records import PaymentRecords
from deployments.pricing.records import PricingRecords
from deployments.shipping.records import ShipmentRecords


@dataclass(frozen=True)
class Books:
    """All records, the client of each service, and how to look at them."""

    redis_of: Callable[[str], Redis]
    inspection: Inspection
    catalog: CatalogRecords
    checkout: CheckoutRecords
    inventory: InventoryRecords
    orders: OrderRecords
    payments: PaymentRecords
    pricing: PricingRecords
    shipments: ShipmentRecords

    @classmethod
    def of(cls, redis_of: Callable[[str], Redis], inspection: Inspection | None = None) -> Books:
        """The records behind these clients, by service."""
        return cls(
            redis_of,
            inspection or Inspection(),
            CatalogRecords(redis_of("catalog")),
            CheckoutRecords(redis_of("checkout")),
            InventoryRecords(redis_of("inventory")),
            OrderRecords(redis_of("orders")),
            PaymentRecords(redis_of("payments")),
            PricingRecords(redis_of("pricing")),
            ShipmentRecords(redis_of("shipping")),
        )
