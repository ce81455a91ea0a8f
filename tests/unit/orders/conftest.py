"""What the tests of orders may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import httpx
import pytest

from deployments.foundation.http.authentication import hash_key
from deployments.foundation.http.edge import http_app
from deployments.foundation.placement.host import nowhere
from deployments.orders.deployment import compose
from deployments.orders.routes import OrdersRoutes
from deployments.orders.service import OrdersService
from tests.conftest import ClientOf
from tests.unit.orders.sample_orders import NOON, PUBLIC_URL


@pytest.fixture
def orders(redis_of: ClientOf) -> OrdersService:
    composed = compose(redis_of("orders"), nowhere, clock=lambda: NOON, url=PUBLIC_URL)
    return cast(OrdersService, composed.service)


@pytest.fixture
async def http(orders: OrdersService) -> AsyncIterator[httpx.AsyncClient]:
    """The client of the platform `acme`; the key of another platform is `rival-key`."""
    keys = {hash_key("acme-key"): "acme", hash_key("rival-key"): "rival"}
    transport = httpx.ASGITransport(http_app(OrdersRoutes(orders, keys).routes()))
    headers = {"X-API-Key": "acme-key"}
    async with httpx.AsyncClient(
        transport=transport, base_url=PUBLIC_URL, headers=headers
    ) as client:
        yield client
