"""One client of keys that are on several nodes of a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import ResponseError

from deployments.foundation.redis.clustered import (
    SeveralPartitionsError,
    by_slot,
    servers_of,
    tag_in,
)
from deployments.foundation.redis.connection import entered, script
from deployments.foundation.redis.measured import MeasuredRedis, RedisMetrics
from deployments.foundation.redis.promises import NotKeptError, Promises
from deployments.foundation.values.meter import Meter
from tests.eventually import eventually
from tests.redis_servers import Cluster, cluster, until
from tests.unit.datastore.deployed_store import name_redis

LUA = Path(__file__).parent / "write_once.lua"
TAGS = [f"orders:{n}" for n in range(16)]
KEYS = [f"{{{tag}}}:test" for tag in TAGS]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three primaries, each with a replica."""
    with cluster(tmp_path_factory.mktemp("cluster"), "appendonly no") as nodes:
        yield nodes


@pytest.fixture
async def redis(nodes: Cluster) -> AsyncIterator[Redis]:
    """A client of an empty cluster, for the keys of `{orders}` and all others."""
    for node in nodes.primaries():
        node.say("FLUSHALL")
    async with entered(nodes.url, "orders", retries=6) as redis:
        yield redis


def owners(nodes: Cluster) -> set[int]:
    """The ports of the nodes that have the keys."""
    return {nodes.owner(key_slot(key.encode())).port for key in KEYS}


async def test_a_command_goes_to_the_node_of_its_key(nodes: Cluster, redis: Redis) -> None:
    assert len(owners(nodes)) == 3
    for n, key in enumerate(KEYS):
        await redis.set(key, n)
    assert [await redis.get(key) for key in KEYS] == [str(n) for n in range(16)]
    assert {server[1] for server in servers_of(redis).values() if server} >= owners(nodes)


async def test_a_pipeline_is_split_and_its_answers_come_in_turn(redis: Redis) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        for n, key in enumerate(KEYS):
            pipe.set(key, n)
            pipe.execute_command("WAIT", 0, 10)
        for key in reversed(KEYS):
            pipe.get(key)
        answers = await pipe.execute()
        assert await pipe.execute() == []
    assert len(answers) == 1 + 3 * 16
    assert answers[-16:] == [str(n) for n in reversed(range(16))]


async def test_a_failure_in_a_split_pipeline_is_raised_or_answered_in_its_place(
    redis: Redis,
) -> None:
    await redis.rpush(KEYS[3], "no number")
    async with redis.pipeline(transaction=False) as pipe:
        for key in KEYS:
            pipe.incr(key)
        answers = await pipe.execute(raise_on_error=False)
        assert isinstance(answers.pop(3), ResponseError)
        assert answers == [1] * 15
        for key in KEYS:
            pipe.incr(key)
        with pytest.raises(ResponseError, match="WRONGTYPE"):
            await pipe.execute()


async def test_a_transaction_is_of_one_partition(redis: Redis) -> None:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.set(KEYS[5], "1")
        pipe.get(KEYS[5])
        assert await pipe.execute() == [True, "1"]
        pipe.get(KEYS[5])
        pipe.get(KEYS[6])
        with pytest.raises(SeveralPartitionsError):
            await pipe.execute()


async def test_a_script_is_loaded_where_it_is_run(nodes: Cluster, redis: Redis) -> None:
    write = script(redis, LUA)
    for key in KEYS:
        assert await write(keys=[key], args=["written"]) == "written"
    for node in nodes.primaries():
        node.say("SCRIPT", "FLUSH")
    assert await write(keys=[KEYS[9]], args=["again"]) == "written"
    async with redis.pipeline(transaction=False) as pipe:
        for key in KEYS:
            await write(keys=[key], args=["again"], client=pipe)
        assert await pipe.execute() == ["written"] * 16


async def test_what_one_command_may_take_depends_on_the_server(redis: Redis, admin: Redis) -> None:
    assert by_slot(admin, KEYS) == [KEYS]
    more = [f"{key}:more" for key in KEYS]
    assert by_slot(redis, KEYS + more) == [[*pair] for pair in zip(KEYS, more, strict=True)]
    for group in by_slot(redis, KEYS + more):
        assert await redis.mget(group) == [None, None]


@pytest.mark.parametrize(
    ("command", "tag"),
    [
        (("GET", "{carts}:cart:1"), "carts"),
        (("EVALSHA", "abc", 1, "{orders:7}:order:1", '{"a": 1}'), "orders:7"),
        (("XREADGROUP", "GROUP", "g", "r", "STREAMS", "{orders:7}:events", ">"), "orders:7"),
        (("SCAN", 0, "MATCH", "{orders:7}:order:*", "COUNT", 10), "orders:7"),
        (("PING",), None),
        (("WAIT", 1, 100), None),
    ],
)
def test_the_tag_is_that_of_the_first_key(command: tuple[Any, ...], tag: str | None) -> None:
    assert tag_in(command) == tag


async def test_every_round_trip_is_counted(redis: Redis) -> None:
    meter = Meter()
    assert isinstance(redis, MeasuredRedis)
    metrics = RedisMetrics("orders", meter)
    await redis.get(KEYS[0])
    redis.measure(metrics)
    async with redis.pipeline(transaction=False) as pipe:
        for key in KEYS[:4]:
            pipe.get(key)
            pipe.get(key)
        await pipe.execute()
    await redis.get(KEYS[0])
    await redis.get("{orders}:test")
    counted = {labels[1]: value for labels, value in metrics.calls.series.items()}
    assert counted == {"PIPELINE": 4, "GET": 2}


async def test_a_partition_that_moves_is_followed(nodes: Cluster, redis: Redis) -> None:
    slot = key_slot(KEYS[7].encode())
    counted, ended = 0, asyncio.Event()

    async def count() -> None:
        nonlocal counted
        while not ended.is_set():
            counted = await redis.incr(KEYS[7])
            await redis.incr(KEYS[8])

    counting = asyncio.create_task(count())
    source = await asyncio.to_thread(nodes.owner, slot)
    target = next(one for one in nodes.primaries() if one is not source)
    move = ["SLOTSRANGE", str(slot), str(slot), "NODE", nodes.named(target)]
    await asyncio.to_thread(source.say, "CLUSTER", "MIGRATESLOTS", *move)
    await asyncio.to_thread(until, lambda: nodes.owner(slot) is target, "it has moved")
    before = counted

    async def goes_on() -> bool:
        return counted > before + 20

    await eventually(goes_on)
    ended.set()
    await counting
    assert int(await redis.get(KEYS[7]) or 0) >= counted
    assert servers_of(redis)["orders:7"] == ("127.0.0.1", target.port)


async def test_what_was_written_is_asked_about_on_every_node(
    nodes: Cluster, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_redis(monkeypatch, nodes.url, FIELDHOUSE_ORDER_DURABILITY="replica")
    promises, write = Promises(redis, "orders", step=True), script(redis, LUA)
    for key in KEYS:
        assert await promises.run(write, [key], ["value"]) == "value"
    promises.begin()
    await promises.kept()
    barriers = await asyncio.gather(*(redis.get(f"{{{tag}}}:barrier") for tag in TAGS))
    assert barriers == [""] * 16
    replicas = [one for one in nodes.servers if one not in nodes.primaries()]
    replicas[0].freeze()
    try:
        with pytest.raises(NotKeptError):
            await promises.kept()
    finally:
        replicas[0].thaw()
    await promises.kept()
