"""A store whose costs are counted, with settings as the bench has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from commands.bench.counts.counted_store import CountedStore, counted_store
from commands.bench.stores.workload import shipped_workload
from tests.conftest import ClientOf


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("FIELDHOUSE_RATE_LIMITS", "off")
    monkeypatch.setenv("FIELDHOUSE_WEBHOOKS_LOOPBACK", "allow")
    # What follows a purchase follows at once.
    monkeypatch.setenv("FIELDHOUSE_SANDBOX_DISPATCH_SECONDS", "0")
    monkeypatch.setenv("FIELDHOUSE_SANDBOX_DELIVERY_SECONDS", "0")


@pytest.fixture
async def answering(
    settings: None, redis_of: ClientOf, admin: Redis
) -> AsyncIterator[CountedStore]:
    """It answers requests, and does nothing else."""
    async with _store(redis_of, admin, consuming=False) as store:
        yield store


@pytest.fixture
async def consuming(
    settings: None, redis_of: ClientOf, admin: Redis
) -> AsyncIterator[CountedStore]:
    """It does all that a store does."""
    async with _store(redis_of, admin, consuming=True) as store:
        yield store


def _store(
    redis_of: ClientOf, admin: Redis, *, consuming: bool
) -> AbstractAsyncContextManager[CountedStore]:
    def client(service: str, *, at: str | None = None) -> Redis:
        return redis_of(service)

    return counted_store(client, admin, shipped_workload(), consuming=consuming)
