"""A store whose services a test can take down."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.foundation.rpc.detach import finish_detached
from tests.composing import set_platform_keys
from tests.conftest import ClientOf
from tests.unit.checkout.services import PLATFORM
from tests.unit.isolation.store import Store


@pytest.fixture
def platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    set_platform_keys(monkeypatch, {"key-of-acme": PLATFORM})


@pytest.fixture
async def store(redis_of: ClientOf, platforms: None) -> AsyncIterator[Store]:
    """A store that is open, with every service at work."""
    store = Store(redis_of)
    await store.open()
    yield store
    await finish_detached()
    await store.replica_of_catalog.stop()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A platform's client."""
    async with store.client() as client:
        yield client
