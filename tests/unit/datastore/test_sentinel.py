"""The primary is killed while orders are written: sentinels name another, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis_servers import Watched, watched
from tests.unit.datastore.deployed_store import deployed_store, discrepancies, name_redis

pytestmark = pytest.mark.long


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A primary, two replicas and their sentinels, which the environment names."""
    with watched(tmp_path, "appendonly no", replicas=2) as servers:
        name_redis(
            monkeypatch,
            servers.url,
            FIELDHOUSE_ORDER_DURABILITY="replica",
            FIELDHOUSE_DATA=str(tmp_path / "data"),
        )
        (tmp_path / "data").mkdir()
        yield servers


async def test_no_acknowledged_order_is_lost_when_the_primary_is_killed(shop: Watched) -> None:
    async with deployed_store() as store:
        async with store.shopping():
            await store.bought(30)
            killed = await asyncio.to_thread(shop.primary)
            killed.kill()
            await store.bought(30)
        assert await asyncio.to_thread(shop.primary) is not killed
        await store.settled()
        assert await store.lost() == set()
        assert await discrepancies() == []


async def test_an_order_that_no_replica_has_is_not_acknowledged(shop: Watched) -> None:
    replicas = await asyncio.to_thread(shop.replicas)
    async with deployed_store() as store:
        async with store.shopping(1):
            await store.bought(1)
            for replica in replicas:
                replica.freeze()
            before = len(store.seen.orders)
            await store.refused(1)
            # One may have been acknowledged before they were frozen, and none after that.
            assert len(store.seen.orders) <= before + 1
            for replica in replicas:
                replica.thaw()
            await store.bought(1)
        await store.settled()
        assert await discrepancies() == []
