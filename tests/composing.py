"""What tests take of a service's `compose()`, which is how every test gets a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import pytest

from deployments.foundation.events.publishing import Envelope
from deployments.foundation.events.subscriptions import Handler
from deployments.foundation.http.authentication import hash_key
from deployments.foundation.placement.composition import Composition

Service = TypeVar("Service")


def service_of(composition: Composition, kind: type[Service]) -> Service:
    """What answers a service's calls, as its own class."""
    assert isinstance(composition.service, kind)
    return composition.service


def handler_of(composition: Composition, envelope: Envelope) -> Handler | None:
    """What a service does with an event; none if it does nothing."""
    found = (one.handler_of(envelope.type) for one in composition.subscriptions)
    return next(filter(None, found), None)


def set_platform_keys(monkeypatch: pytest.MonkeyPatch, keys: Mapping[str, str]) -> None:
    """Services that are composed from now on know these platforms, by their keys."""
    pairs = (f"{platform}={hash_key(key)}" for key, platform in keys.items())
    monkeypatch.setenv("FIELDHOUSE_PLATFORM_KEYS", ",".join(pairs))
