"""The primary is killed while orders are written: sentinels name another, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from tests.redis_servers import RedisServer, Watched, until, watched
from tests.unit.datastore.deployed_store import deployed_store, discrepancies, name_redis

pytestmark = pytest.mark.long


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A primary, two replicas and their sentinels, which the environment names.

    The primary is set as the runbook says: without a replica it takes nothing.
    """
    alone = ("min-replicas-to-write 1", "min-replicas-max-lag 2")
    with watched(tmp_path, "appendonly no", *alone, replicas=2) as servers:
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


# The client lets go of a connection whose server answers nothing without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_primary_that_was_cut_off_and_comes_back_takes_nothing_that_is_lost(
    shop: Watched,
) -> None:
    """Until a sentinel tells it, it takes itself for the primary; clients still have connections
    to it, and what they sent it while it was cut off."""
    async with deployed_store() as store:
        async with store.shopping():
            await store.bought(30)
            cut_off = await asyncio.to_thread(shop.primary)
            cut_off.freeze()
            await asyncio.to_thread(until, lambda: shop.primary() is not cut_off, "another")
            await store.bought(30)
            cut_off.thaw()
            await store.bought(30)
        await asyncio.to_thread(until, lambda: follows(cut_off), "it follows")
        await store.settled()
        assert await store.lost() == set()
        assert await discrepancies() == []


def follows(server: RedisServer) -> bool:
    """Whether it is a replica; who becomes one drops its connections."""
    try:
        role = server.say("ROLE")
    except RedisError:
        return False
    assert isinstance(role, list)
    return bool(role[0] == "slave")
