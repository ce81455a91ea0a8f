"""Clients of the running store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.running_store import RunningStore
from tests.integration.shopper import Shopper


@pytest.fixture
def store(running_store: RunningStore) -> RunningStore:
    """The store, in each placement in turn."""
    return running_store


@pytest.fixture
async def client(store: RunningStore) -> AsyncIterator[httpx.AsyncClient]:
    """A first-party client of the store."""
    async with store.client() as client:
        yield client


@pytest.fixture
def shopper(client: httpx.AsyncClient) -> Shopper:
    """A shopper whose every answer is held against the schemas."""
    return Shopper(client)
