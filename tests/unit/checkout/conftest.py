"""Checkout among its dependencies, with something on the shelves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.foundation.http.edge import http_app
from deployments.foundation.rpc.detach import finish_detached
from tests.composing import set_platform_keys
from tests.conftest import ClientOf
from tests.unit.checkout.requests import KEYS
from tests.unit.checkout.services import Services


@pytest.fixture(autouse=True)
def platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    set_platform_keys(monkeypatch, KEYS)


@pytest.fixture
async def services(redis_of: ClientOf) -> AsyncIterator[Services]:
    """All services on an empty Redis, stocked."""
    services = Services(redis_of)
    await services.stock()
    yield services
    await finish_detached()


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = http_app(services.compositions["checkout"].routes)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://store",
        headers={"X-API-Key": "key-of-acme"},
    ) as client:
        yield client
