"""Every service of the store: where clients reach it, whom it calls, and whose events it reads.

Redis users and their selectors, the documents of the API and of the events, and the picture in the
docs come from this table; tests check `serve_config.yaml`, the linter's lists and what the services
declare against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Service:
    """One service: its folder's name, and how it is connected to the others."""

    name: str
    prefix: str | None = None
    """The path under which clients reach it; none if only other services do."""
    calls: tuple[str, ...] = ()
    """The services whose contracts it calls."""
    publishes: bool = False
    subscribes_to: tuple[str, ...] = ()
    """The publishers whose events it handles. What is listed here holds up the trimming of a
    publisher's streams until the subscriber has read them."""
    for_staff: bool = False
    """Whether those who run the shop use it, and not its shoppers: it is in no shopper's document,
    and runs apart from what shoppers need."""
    keeps_state: bool = True
    """Whether it has a Redis user, and keys that begin with its name as a hash tag."""


TOPOLOGY: tuple[Service, ...] = (
    Service("profile", "/.well-known", keeps_state=False),
    Service("catalog", "/catalog", calls=("inventory",), publishes=True),
    Service(
        "carts",
        "/carts",
        calls=("catalog", "inventory", "pricing"),
        publishes=True,
        subscribes_to=("checkout", "shipping"),
    ),
    Service(
        "checkout",
        "/checkout-sessions",
        calls=("carts", "catalog", "inventory", "orders", "payments", "pricing", "shipping"),
        publishes=True,
    ),
    Service("orders", "/orders", publishes=True, subscribes_to=("payments", "shipping")),
    Service("inventory", publishes=True, subscribes_to=("shipping",)),
    Service("payments", publishes=True),
    Service("shipping", publishes=True, subscribes_to=("carts", "inventory", "orders")),
    Service("pricing", publishes=True),
    Service("notifications", "/mail", subscribes_to=("carts", "orders", "payments")),
    Service("webhooks", "/webhooks", calls=("orders",), subscribes_to=("orders",)),
    Service("staff", subscribes_to=("catalog", "inventory", "payments", "pricing"), for_staff=True),
    Service(
        "backoffice",
        "/admin",
        calls=("catalog", "inventory", "orders", "payments", "pricing", "staff"),
        for_staff=True,
    ),
)

BY_NAME: Mapping[str, Service] = MappingProxyType({one.name: one for one in TOPOLOGY})

SERVICES: tuple[str, ...] = tuple(one.name for one in TOPOLOGY if one.keeps_state)
"""The services that keep state, each under keys that begin with its name as a hash tag."""

SUBSCRIPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {one.name: one.subscribes_to for one in TOPOLOGY if one.subscribes_to}
)
"""Whose events each subscriber reads."""

DATASTORE = "datastore"
"""The application that owns the embedded Redis, and its user, which touches no key."""

USERS = (*SERVICES, DATASTORE)


def publishers_of(service: str) -> tuple[str, ...]:
    """Whose events a service reads."""
    return SUBSCRIPTIONS.get(service, ())


def subscribers_of(
    publisher: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> list[str]:
    """The services that read a publisher's events."""
    return [service for service, read in subscriptions.items() if publisher in read]
