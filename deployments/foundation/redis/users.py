"""Each service's Redis user: its own keys, the events that it subscribes to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from deployments.foundation.redis.connection import password

SERVICES = (
    "catalog",
    "carts",
    "checkout",
    "orders",
    "inventory",
    "payments",
    "shipping",
    "pricing",
    "notifications",
    "webhooks",
)
"""The services that keep state, each under keys that begin with its name as a hash tag."""

SUBSCRIPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "carts": ("checkout", "shipping"),
        "inventory": ("shipping",),
        "notifications": ("carts", "orders", "payments"),
        "orders": ("payments", "shipping"),
        "shipping": ("carts", "inventory", "orders"),
        "webhooks": ("orders",),
    }
)
"""Whose events each service may read. What is listed here holds up the trimming of a publisher's
streams until the subscriber has read them."""

DATASTORE = "datastore"
"""The user that touches no key and only asks whether the server answers, and whom."""

USERS = (*SERVICES, DATASTORE)

_READING = "+xgroup|create +xreadgroup +xack +xpending +xinfo|groups +xlen +xrange"
"""What a subscriber may do on a publisher's streams: have a group, read, acknowledge, look."""


def subscribers_of(
    publisher: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> list[str]:
    """The services that read a publisher's events."""
    return [service for service, read in subscriptions.items() if publisher in read]


def acl_rules(
    service: str, subscriptions: Mapping[str, Iterable[str]] = SUBSCRIPTIONS
) -> list[str]:
    """The rules of a service's user, password aside. Whatever administers the server is denied."""
    if service == DATASTORE:
        return ["reset", "on", "+@connection", "-@admin", "-@dangerous", "+client|list"]
    own = ["reset", "on", "resetchannels", f"~{{{service}}}:*", "+@all", "-@admin", "-@dangerous"]
    return own + _selectors(subscriptions.get(service, ()))


def reader_rules(publishers: Iterable[str]) -> list[str]:
    """The rules of a user that reads these publishers' events on a server that is not its own."""
    base = ["reset", "on", "resetchannels", "+@connection", "+time", "-@admin", "-@dangerous"]
    return base + _selectors(publishers)


def _selectors(publishers: Iterable[str]) -> list[str]:
    """A selector for each publisher: further rules that hold for its event streams alone."""
    return [f"(~{{{publisher}}}:events:* {_READING})" for publisher in publishers]


def set_user(service: str, secret: str) -> list[str]:
    """The command, in words, that creates or renews a service's user."""
    return ["ACL", "SETUSER", service, *acl_rules(service), f">{password(service, secret)}"]


def set_reader(service: str, publishers: Iterable[str], secret: str) -> list[str]:
    """The command, in words, that creates or renews a service's user on publishers' own server."""
    rules = reader_rules(publishers)
    return ["ACL", "SETUSER", service, *rules, f">{password(service, secret)}"]
