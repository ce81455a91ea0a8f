"""Who publishes what, and who listens: read from what the services declare."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from deployments.foundation.events.publishing import Event
from deployments.foundation.events.subscriptions import Subscription

_DEPLOYMENTS = Path(__file__).parents[1] / "deployments"
_ABSENT: Any = None
"""Stands for a service: handlers are listed, and not called."""


@dataclass(frozen=True)
class Listener:
    """A service that handles some of a publisher's events."""

    service: str
    publisher: str
    events: tuple[type[Event], ...]


def publishers() -> dict[str, tuple[type[Event], ...]]:
    """The events of every service that declares any, in the order in which it does."""
    return {service: tuple(_events(module)) for service, module in _modules("events")}


def listeners() -> tuple[Listener, ...]:
    """Every subscription that a service's `consumers.py` declares."""
    return tuple(
        Listener(service, subscription.publisher, tuple(subscription.handlers))
        for service, module in _modules("consumers")
        for subscription in _subscriptions(module)
    )


def title_of(event: type[Event]) -> str:
    """An event's name as words: `Order placed`."""
    words = re.findall(r"[A-Z][a-z0-9]*", event.__name__)
    return " ".join(words).capitalize()


def short_name(event: type[Event]) -> str:
    """What happened, without who says so: `placed` of `org.fieldhouse.orders.placed.v1`."""
    return event.type.split(".")[-2]


def said_of(event: type[Event]) -> str:
    """What the event's declaration says of it, in one line."""
    return " ".join((event.__doc__ or "").split())


def _modules(name: str) -> Iterator[tuple[str, ModuleType]]:
    for path in sorted(_DEPLOYMENTS.glob(f"*/{name}.py")):
        service = path.parent.name
        if service != "foundation":
            yield service, importlib.import_module(f"deployments.{service}.{name}")


def _own_classes(module: ModuleType) -> Iterator[type[Any]]:
    for member in vars(module).values():
        if inspect.isclass(member) and member.__module__ == module.__name__:
            yield member


def _events(module: ModuleType) -> Iterator[type[Event]]:
    # What several events have in common is a class of its own, which has no type.
    for member in _own_classes(module):
        if issubclass(member, Event) and "type" in vars(member):
            yield member


def _subscriptions(module: ModuleType) -> Iterator[Subscription]:
    for member in _own_classes(module):
        if member.__name__.endswith("Consumers"):
            absent = dict.fromkeys(inspect.signature(member).parameters, _ABSENT)
            yield from member(**absent).subscriptions()
