"""What the catalogue's tests ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.catalog.routes import CatalogRoutes
from deployments.foundation.http.edge import http_app
from tests.conftest import ClientOf
from tests.unit.catalog.shop import BOTTLE, SHIRT, Catalog, Stock


@pytest.fixture
async def catalog(redis_of: ClientOf) -> AsyncIterator[Catalog]:
    """A replica with nothing in it."""
    catalog = Catalog(redis_of("catalog"), Stock(S_RED_L=3, S_BLUE_M=1, B_1=7))
    await catalog.snapshot.start()
    yield catalog
    await catalog.snapshot.stop()


@pytest.fixture
async def shop(catalog: Catalog) -> Catalog:
    """A replica that sells a shirt, whose red M is out of stock, and a bottle."""
    await catalog.sells(SHIRT, BOTTLE)
    return catalog


@pytest.fixture
async def http(shop: Catalog) -> AsyncIterator[httpx.AsyncClient]:
    """The shop over HTTP, mounted where Serve would mount it."""
    transport = httpx.ASGITransport(
        http_app(CatalogRoutes(shop.service).routes()), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client
