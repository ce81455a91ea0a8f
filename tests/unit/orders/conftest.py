"""What the tests of orders may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.foundation.http.edge import http_app
from deployments.foundation.placement.composition import Composition
from deployments.foundation.placement.host import nowhere
from deployments.foundation.values.partitions import Layout, layout_of
from deployments.orders.deployment import compose
from deployments.orders.service import OrdersService
from tests.composing import service_of, set_platform_keys
from tests.conftest import ClientOf
from tests.unit.orders.sample_orders import NOON, PUBLIC_URL


@pytest.fixture(params=["whole", "partitioned"], autouse=True)
def layout(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """How orders' keys are laid out: each test holds in both, unless it names one."""
    partitioned = request.param == "partitioned"
    monkeypatch.setenv("FIELDHOUSE_PARTITIONED", "orders" if partitioned else "")
    return layout_of("orders")


@pytest.fixture
def composed(redis_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> Composition:
    """Orders that know the platforms `acme` and `rival`."""
    set_platform_keys(monkeypatch, {"acme-key": "acme", "rival-key": "rival"})
    return compose(redis_of("orders"), nowhere, clock=lambda: NOON, url=PUBLIC_URL)


@pytest.fixture
def orders(composed: Composition) -> OrdersService:
    return service_of(composed, OrdersService)


@pytest.fixture
async def http(composed: Composition) -> AsyncIterator[httpx.AsyncClient]:
    """The client of the platform `acme`."""
    transport = httpx.ASGITransport(http_app(composed.routes))
    headers = {"X-API-Key": "acme-key"}
    async with httpx.AsyncClient(
        transport=transport, base_url=PUBLIC_URL, headers=headers
    ) as client:
        yield client
