"""What the tests of carts may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.carts.service import CartsService
from tests.composing import set_platform_keys
from tests.conftest import ClientOf
from tests.unit.carts.services import KEYS, Services


@pytest.fixture(autouse=True)
def platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    set_platform_keys(monkeypatch, KEYS)


@pytest.fixture
async def services(redis_of: ClientOf) -> Services:
    """All services on an empty Redis, stocked."""
    services = Services(redis_of)
    await services.stock()
    return services


@pytest.fixture
def carts(services: Services) -> CartsService:
    return services.carts


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A platform's HTTP client."""
    async with services.client() as client:
        yield client
