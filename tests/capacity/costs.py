"""What a purchase costs each part, as `docs/performance.md` has it for 513092cc11.

Milliseconds of CPU a purchase with all that follows it, services apart, 16 buyers, on two cores.
Machines differ; how the parts compare does not.
"""

from __future__ import annotations

from dataclasses import dataclass

SERVICES_MS = {
    "checkout": 39.7,
    "webhooks": 24.7,
    "orders": 21.1,
    "notifications": 19.2,
    "carts": 17.1,
    "inventory": 15.5,
    "shipping": 13.7,
    "pricing": 9.44,
    "payments": 7.54,
    "staff": 6.83,
    "catalog": 6.03,
}
TRIPS = {
    "carts": 16.6,
    "catalog": 0.0,
    "checkout": 10.1,
    "inventory": 12.5,
    "notifications": 23.5,
    "orders": 26.5,
    "payments": 6.0,
    "pricing": 4.0,
    "shipping": 29.1,
    "staff": 7.6,
    "webhooks": 23.7,
}
"""Round trips to Redis."""
REDIS_MS = 17.6
HAPROXY_MS = 0.95
WHOLE_MS = {"one process": 66.6, "together": 88.0, "apart": 267.0}
CORES_MEASURED, RATE_MEASURED = 2, 8.32
"""On so many cores so many purchases a second were measured, apart."""

IDLE_CORES = {"together": 0.10, "apart": 0.19}
"""What Serve and Ray take while nothing happens, with 3 and with 14 applications."""
APPLICATIONS = {"together": 3, "apart": 14}

INVENTORY_SCRIPTS_MS = 0.157 + 0.054 + 0.138
"""Of one purchase in inventory's Redis until it is answered, by that server's own clock."""


@dataclass(frozen=True)
class BytesKept:
    """Bytes that a purchase leaves in Redis, by how long they stay."""

    day: float = 10.6e3
    """Answers to requests."""
    week: float = 26.4e3
    """Events, for `FIELDHOUSE_EVENT_DAYS`."""
    month: float = 12.8e3
    """Sessions, sagas, steps, inboxes; each at most thirty days."""
    for_good: float = 7.04e3
    """Orders, payments, shipments, the ledger."""

    @property
    def steady(self) -> float:
        """Bytes that one purchase a second comes to, beside what is kept for good."""
        return 86_400 * (self.day + 7 * self.week + 30 * self.month)

    @property
    def a_year(self) -> float:
        """Bytes for good that one purchase a second comes to in a year."""
        return 365 * 86_400 * self.for_good


def redis_ms(service: str) -> float:
    """What a service takes of Redis, by its share of the round trips."""
    return REDIS_MS * TRIPS[service] / sum(TRIPS.values())
