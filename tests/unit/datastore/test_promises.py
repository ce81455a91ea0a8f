"""What acknowledges an order waits for the disk or a replica, and is refused if neither has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from commands.preflight import check_redis, check_settings
from commands.run_settings import CannotRunError
from deployments.foundation.events.acknowledgements import Acknowledgements
from deployments.foundation.redis.connection import entered, script
from deployments.foundation.redis.promises import NotKeptError, Promises
from tests.eventually import eventually
from tests.redis_servers import CREDENTIALS, RedisServer, Watched, until, watched
from tests.unit.datastore.deployed_store import name_redis

LUA = Path(__file__).parent / "write_once.lua"
KEY, STREAM = "{orders}:test", "{payments}:events:0"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that brings to its disk whatever it answers."""
    server = RedisServer(tmp_path / "server", ["appendonly yes", "appendfsync always"])
    yield server.start()
    server.stop()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Watched]:
    """A primary and its replica."""
    with watched(tmp_path, "appendonly no") as servers:
        yield servers


@asynccontextmanager
async def promised(
    monkeypatch: pytest.MonkeyPatch, url: str, durability: str, *, step: bool = False
) -> AsyncIterator[tuple[Redis, Promises]]:
    name_redis(monkeypatch, url, FIELDHOUSE_ORDER_DURABILITY=durability)
    async with entered(url, "orders") as redis:
        yield redis, Promises(redis, "orders", step=step)


async def write(redis: Redis, promises: Promises) -> str:
    """Write a value once; a repetition changes nothing, and gets the same answer."""
    return str(await promises.run(script(redis, LUA), [KEY], ["value"]))


def at(server: RedisServer) -> str:
    return f"redis://{CREDENTIALS}@127.0.0.1:{server.port}"


async def test_on_the_disk_is_kept(monkeypatch: pytest.MonkeyPatch, server: RedisServer) -> None:
    async with promised(monkeypatch, at(server), "disk") as (redis, promises):
        assert await write(redis, promises) == "value"
        await redis.script_flush()  # A server that was restarted knows no script.
        assert await write(redis, promises) == "value"
        assert await redis.get(KEY) == "value"
        await promises.kept()


async def test_what_no_disk_is_told_to_keep_is_not_acknowledged(
    monkeypatch: pytest.MonkeyPatch, server: RedisServer
) -> None:
    server.say("CONFIG", "SET", "appendfsync", "no")
    async with promised(monkeypatch, at(server), "disk") as (redis, promises):
        with pytest.raises(NotKeptError):
            await write(redis, promises)
        assert await redis.get(KEY) == "value", "it is there, and may be lost"
        server.say("CONFIG", "SET", "appendfsync", "always")
        assert await write(redis, promises) == "value"


async def test_what_no_replica_has_is_not_acknowledged_however_often_it_is_repeated(
    monkeypatch: pytest.MonkeyPatch, shop: Watched
) -> None:
    (replica,) = await asyncio.to_thread(shop.replicas)
    async with promised(monkeypatch, shop.url, "replica") as (redis, promises):
        assert await write(redis, promises) == "value"
        replica.freeze()
        for _ in range(2):
            with pytest.raises(NotKeptError):
                await write(redis, promises)
        with pytest.raises(NotKeptError):
            await promises.kept()
        replica.thaw()
        await promises.kept()
        assert await write(redis, promises) == "value"


async def test_a_step_waits_only_where_services_have_several_servers(
    monkeypatch: pytest.MonkeyPatch, server: RedisServer
) -> None:
    monkeypatch.delenv("CARTS_REDIS_URL", raising=False)
    server.say("CONFIG", "SET", "appendfsync", "no")
    async with promised(monkeypatch, at(server), "disk", step=True) as (redis, promises):
        assert await write(redis, promises) == "value"
    monkeypatch.setenv("CARTS_REDIS_URL", at(server))
    async with promised(monkeypatch, at(server), "disk", step=True) as (redis, promises):
        with pytest.raises(NotKeptError):
            await write(redis, promises)


async def test_what_was_written_to_a_primary_is_not_kept_by_another(
    monkeypatch: pytest.MonkeyPatch, shop: Watched
) -> None:
    """Its replica may lack the end of it, and does not know."""
    async with promised(monkeypatch, shop.url, "replica", step=True) as (redis, promises):
        await redis.ping()
        promises.begin()
        await promises.kept()
        cut_off = await asyncio.to_thread(shop.primary)
        cut_off.freeze()
        await asyncio.to_thread(until, lambda: shop.primary() is not cut_off, "another")
        cut_off.thaw()

        async def is_told() -> bool:
            try:
                await promises.kept()
            except RedisError as why:
                return isinstance(why, NotKeptError) and "now there is" in str(why)
            return False

        await eventually(is_told)
        promises.begin()
        await promises.kept()


async def test_a_server_that_syncs_every_second_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, server: RedisServer
) -> None:
    """Its `WAITAOF` counts what no disk has."""
    name_redis(monkeypatch, at(server), FIELDHOUSE_ORDER_DURABILITY="disk")
    await asyncio.to_thread(check_redis)
    server.say("CONFIG", "SET", "appendfsync", "everysec")
    with pytest.raises(CannotRunError, match="needs `appendfsync always` on redis://127"):
        await asyncio.to_thread(check_redis)


async def test_an_event_is_owed_until_its_effect_is_kept(
    monkeypatch: pytest.MonkeyPatch, shop: Watched, server: RedisServer
) -> None:
    """The subscriber's server may lose what the publisher's must not have forgotten then."""
    monkeypatch.setenv("PAYMENTS_REDIS_URL", at(server))
    (replica,) = await asyncio.to_thread(shop.replicas)
    async with (
        promised(monkeypatch, shop.url, "replica") as (own, _),
        entered(at(server), "payments") as theirs,
    ):
        entry = await theirs.xadd(STREAM, {"event": "{}"})
        await theirs.xgroup_create(STREAM, "orders", "0")
        await theirs.xreadgroup("orders", "reader", {STREAM: ">"})
        acknowledgements = Acknowledgements("orders", own, theirs)
        replica.freeze()
        with pytest.raises(NotKeptError):
            await acknowledgements.now(STREAM, [str(entry)])
        acknowledgements.add(STREAM, [str(entry)])
        with pytest.raises(NotKeptError):
            await acknowledgements.flush()
        assert (await theirs.xpending(STREAM, "orders"))["pending"] == 1
        replica.thaw()
        acknowledgements.add(STREAM, [str(entry)])
        await acknowledgements.flush()
        assert (await theirs.xpending(STREAM, "orders"))["pending"] == 0


def test_the_embedded_server_has_its_own_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("FIELDHOUSE_ORDER_DURABILITY", "disk")
    with pytest.raises(CannotRunError, match="FIELDHOUSE_APPENDFSYNC=always"):
        check_settings()
