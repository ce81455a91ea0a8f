"""Who is visited for a purchase, and in which order; the counts are those of performance.md."""

from __future__ import annotations

from collections import Counter

Stage = tuple[str, ...]
"""Services that are visited at the same time."""

REQUESTS: dict[str, tuple[Stage, ...]] = {
    "cart": (("carts",), ("catalog", "inventory", "pricing"), ("carts",)),
    "session": (
        ("checkout",),
        ("carts",),
        ("catalog", "inventory", "pricing", "shipping"),
        ("checkout",),
    ),
    "address": (("checkout",), ("pricing",), ("checkout",)),
    "option": (("checkout",), ("pricing",), ("checkout",)),
    "complete": (
        ("checkout",),
        ("inventory",),
        ("checkout",),
        ("payments", "inventory"),
        ("checkout",),
        ("orders",),
        ("checkout",),
    ),
}
"""What a client waits for, request by request."""

AFTERWARDS: tuple[Stage, ...] = (
    ("payments", "inventory"),
    ("orders", "shipping", "carts", "staff"),
    ("notifications", "webhooks", "orders"),
    ("shipping", "notifications", "webhooks", "orders"),
    ("orders", "shipping", "inventory"),
    ("notifications", "webhooks", "orders"),
    ("shipping", "notifications", "webhooks", "orders", "staff"),
    ("orders", "webhooks", "notifications"),
)
"""What follows, while the buyer has the answer: settling, events, mail, webhooks, parcels."""


def visits() -> Counter[str]:
    """How often each service is visited for a purchase."""
    stages = [stage for each in REQUESTS.values() for stage in each] + list(AFTERWARDS)
    return Counter(service for stage in stages for service in stage)
