"""One real store for all integration tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.running_store import RunningStore
from tests.integration.shopper import Shopper


@pytest.fixture(scope="session")
def store() -> Iterator[RunningStore]:
    """The store from the real serve_config.yaml; when all tests are done nothing of it is left."""
    # Beside no other test's files: a unix socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
    running = RunningStore(directory / "data", directory / "output")
    running.start()
    yield running
    assert running.stop() == 0, running.tell()
    assert running.left_behind() == []
    shutil.rmtree(directory)


@pytest.fixture
async def client(store: RunningStore) -> AsyncIterator[httpx.AsyncClient]:
    """A first-party client of the store."""
    async with store.client() as client:
        yield client


@pytest.fixture
def shopper(client: httpx.AsyncClient) -> Shopper:
    """A shopper whose every answer is held against the schemas."""
    return Shopper(client)
