"""What the catalogue's tests ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.foundation.http.edge import http_app
from tests.conftest import ClientOf
from tests.unit.catalog.catalog_replica import CatalogReplica, StockTransport
from tests.unit.catalog.sample_products import BOTTLE, SHIRT


@pytest.fixture
async def catalog(redis_of: ClientOf) -> AsyncIterator[CatalogReplica]:
    """A replica with nothing in it."""
    catalog = CatalogReplica(redis_of("catalog"), StockTransport(S_RED_L=3, S_BLUE_M=1, B_1=7))
    await catalog.snapshot.start()
    yield catalog
    await catalog.snapshot.stop()


@pytest.fixture
async def stocked(catalog: CatalogReplica) -> CatalogReplica:
    """A replica that sells a shirt, whose red M is out of stock, and a bottle."""
    await catalog.sells(SHIRT, BOTTLE)
    return catalog


@pytest.fixture
async def http(stocked: CatalogReplica) -> AsyncIterator[httpx.AsyncClient]:
    """The shop over HTTP, mounted where Serve would mount it."""
    transport = httpx.ASGITransport(http_app(stocked.routes), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client
