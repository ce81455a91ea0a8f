"""What the tests of carts may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.carts.service import CartsService
from tests.conftest import ClientOf
from tests.unit.carts.rooms import Rooms


@pytest.fixture
async def rooms(redis_of: ClientOf) -> Rooms:
    """All rooms on an empty Redis, stocked."""
    rooms = Rooms(redis_of)
    await rooms.stock()
    return rooms


@pytest.fixture
def carts(rooms: Rooms) -> CartsService:
    return rooms.carts


@pytest.fixture
async def http(rooms: Rooms) -> AsyncIterator[httpx.AsyncClient]:
    """A platform's HTTP client."""
    async with rooms.client() as client:
        yield client
