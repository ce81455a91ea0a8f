"""The stores whose books are audited, each through its own service's Redis user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from deployments.catalog.records import PriceRecords
from deployments.catalog.store import CatalogStore
from deployments.checkout.records import CheckoutRecords
from deployments.foundation.values.clock import Clock, utc_now
from deployments.inventory.records import ReservationRecords
from deployments.inventory.store import InventoryStore
from deployments.orders.store import OrdersStore
from deployments.payments.records import SandboxRecords
from deployments.payments.store import PaymentsStore
from deployments.pricing.store import PricingStore
from deployments.shipping.records import ShipmentRecords


@dataclass(frozen=True)
class Books:
    """All stores, the time, and how long to wait before a finding is looked at again.

    `redis_of` gives the client of each service, for its event streams.
    """

    redis_of: Callable[[str], Redis]
    catalog: CatalogStore
    checkout: CheckoutRecords
    inventory: InventoryStore
    reservations: ReservationRecords
    orders: OrdersStore
    payments: PaymentsStore
    prices: PriceRecords
    pricing: PricingStore
    sandbox: SandboxRecords
    shipments: ShipmentRecords
    clock: Clock
    pause_seconds: float

    @classmethod
    def of(
        cls,
        redis_of: Callable[[str], Redis],
        clock: Clock = utc_now,
        *,
        pause_seconds: float = 0.5,
    ) -> Books:
        """The stores behind these clients, by service."""
        return cls(
            redis_of,
            CatalogStore(redis_of("catalog")),
            CheckoutRecords(redis_of("checkout")),
            InventoryStore(redis_of("inventory")),
            ReservationRecords(redis_of("inventory")),
            OrdersStore(redis_of("orders")),
            PaymentsStore(redis_of("payments")),
            PriceRecords(redis_of("catalog")),
            PricingStore(redis_of("pricing")),
            SandboxRecords(redis_of("payments")),
            ShipmentRecords(redis_of("shipping")),
            clock,
            pause_seconds,
        )

    def now(self) -> datetime:
        """The present moment."""
        return self.clock()

    async def pause(self) -> None:
        """Give the store a moment to go on."""
        await asyncio.sleep(self.pause_seconds)
