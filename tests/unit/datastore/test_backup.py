"""A backup is taken while orders are written; what is restored of it has straight books."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from commands.exit_status import OK, UNUSABLE
from deployments.datastore.server import ValkeyServer
from deployments.foundation.values.settings import settings
from tests.command_line import typed
from tests.redis_servers import CREDENTIALS, Cluster, RedisServer, cluster
from tests.unit.datastore.deployed_store import (
    DeployedStore,
    deployed_store,
    discrepancies,
    name_redis,
)

pytestmark = pytest.mark.long


@pytest.fixture
def home(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the operator's own."""
    server = RedisServer(tmp_path / "home", ["appendonly yes", "maxmemory-policy noeviction"])
    yield server.start()
    server.stop()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RedisServer]:
    """Another, with nothing in it."""
    server = RedisServer(tmp_path / "empty")
    yield server.start()
    server.stop()


@pytest.fixture
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of three primaries, each with a replica."""
    with cluster(tmp_path_factory.mktemp("cluster"), "appendonly no") as nodes:
        yield nodes


def at(server: RedisServer) -> str:
    return f"redis://{CREDENTIALS}@127.0.0.1:{server.port}"


async def test_what_was_acknowledged_before_a_backup_is_in_it_and_its_books_are_straight(
    home: RedisServer, empty: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, at(home), FIELDHOUSE_DATA=str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    async with deployed_store() as store, store.shopping():
        await store.bought(20)
        before = set(store.seen.orders)
        taken = await typed("backup", str(tmp_path / "backup"))
        assert (taken.status, taken.err) == (OK, "")
        await store.bought(5)
    monkeypatch.setenv("REDIS_URL", at(empty))
    restored = await typed("restore", str(tmp_path / "backup"))
    assert (restored.status, restored.err) == (OK, "")
    async with deployed_store() as again:
        again.seen.orders = {order: store.seen.orders[order] for order in before}
        await again.settled()
        assert await again.lost() == set()
        assert await discrepancies() == []
    audit = await typed("audit")
    assert audit.out.splitlines()[-1] == "The books are straight."


async def test_a_store_moves_to_a_cluster_and_is_restored_on_a_cluster(
    home: RedisServer, nodes: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, at(home), FIELDHOUSE_DATA=str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    async with deployed_store() as store, store.shopping():
        await store.bought(20)
        before = set(store.seen.orders)
        assert (await typed("backup", str(tmp_path / "of-one-server"))).status == OK
    seen = {order: store.seen.orders[order] for order in before}

    monkeypatch.setenv("REDIS_URL", nodes.url)
    restored = await typed("restore", str(tmp_path / "of-one-server"))
    assert (restored.status, restored.err) == (OK, "")
    async with deployed_store() as moved:
        moved.seen.orders = dict(seen)
        async with moved.shopping():
            await moved.bought(10)
        await moved.settled()
        assert await discrepancies() == []

    # Nobody buys meanwhile: each node is backed up at a moment of its own.
    taken = await typed("backup", str(tmp_path / "of-nodes"))
    assert (taken.status, taken.err) == (OK, "")
    assert "3 server(s)" in taken.out
    for primary in await asyncio.to_thread(nodes.primaries):
        await asyncio.to_thread(primary.say, "FLUSHALL")
    restored = await typed("restore", str(tmp_path / "of-nodes"))
    assert (restored.status, restored.err) == (OK, "")
    async with deployed_store() as again:
        again.seen.orders = dict(moved.seen.orders)
        await again.settled()
        assert await again.lost() == set()
        assert await discrepancies() == []
    assert (await typed("audit")).out.splitlines()[-1] == "The books are straight."


@asynccontextmanager
async def embedded() -> AsyncIterator[None]:
    """The embedded server, supervised as the store does it."""
    said = settings()
    server = asyncio.create_task(ValkeyServer(said.data_directory, said.socket_path).run())
    try:
        yield
    finally:
        server.cancel()
        with suppress(asyncio.CancelledError):
            await server


@asynccontextmanager
async def embedded_store(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> AsyncIterator[DeployedStore]:
    """A store on the embedded server of a data directory."""
    monkeypatch.setenv("FIELDHOUSE_DATA", str(data))
    async with embedded(), deployed_store() as store:
        yield store


async def test_an_embedded_store_is_backed_up_while_it_sells_and_restored_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, "")
    monkeypatch.delenv("FIELDHOUSE_REDIS_SECRET")
    (tmp_path / "sold").mkdir()
    async with embedded_store(monkeypatch, tmp_path / "sold") as store, store.shopping():
        await store.bought(10)
        before = set(store.seen.orders)
        assert (await typed("backup", str(tmp_path / "backup"))).status == OK
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path / "new"))
    restored = await typed("restore", str(tmp_path / "backup"))
    assert (restored.status, restored.err) == (OK, "")
    async with embedded_store(monkeypatch, tmp_path / "new") as again:
        again.seen.orders = {order: store.seen.orders[order] for order in before}
        await again.settled()
        assert await again.lost() == set()
        assert await discrepancies() == []
        assert "A store already runs" in (await typed("restore", str(tmp_path / "backup"))).err
    refused = await typed("restore", str(tmp_path / "backup"))
    assert refused.status == UNUSABLE
    assert "There are keys of catalog already" in refused.err


async def test_what_keys_have_left_of_their_lives_is_restored(
    home: RedisServer, empty: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, at(home))
    with home.client() as redis:
        redis.set("{orders}:step:1", "kept", exat=4_000_000_000)
        redis.xadd("{orders}:events:0", {"event": "{}"})
        redis.xgroup_create("{orders}:events:0", "shipping", "0")
        redis.set("{nobody}:key", "is no service's")
    assert (await typed("backup", str(tmp_path / "backup"))).status == OK
    monkeypatch.setenv("REDIS_URL", at(empty))
    assert (await typed("restore", str(tmp_path / "backup"))).status == OK
    with empty.client() as redis:
        assert sorted(redis.keys()) == ["{orders}:events:0", "{orders}:step:1"]
        assert redis.expiretime("{orders}:step:1") == 4_000_000_000
        assert redis.xinfo_groups("{orders}:events:0")[0]["name"] == "shipping"


async def test_a_file_that_was_changed_is_not_restored(
    home: RedisServer, empty: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, at(home))
    assert (await typed("backup", str(tmp_path / "backup"))).status == OK
    assert (await typed("backup", str(tmp_path / "backup"))).status == UNUSABLE, "it is there"
    file = tmp_path / "backup" / "server-0.rdb"
    assert file.stat().st_mode & 0o077 == 0, "buyers' addresses are in it"
    file.write_bytes(file.read_bytes() + b".")
    monkeypatch.setenv("REDIS_URL", at(empty))
    refused = await typed("restore", str(tmp_path / "backup"))
    assert refused.status == UNUSABLE
    assert "is not the file that was backed up" in refused.err
    (tmp_path / "backup" / "backup.json").unlink()
    assert "is no backup" in (await typed("restore", str(tmp_path / "backup"))).err
