"""The store on a cluster: services on several nodes, slots that move, and a primary that dies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.crc import key_slot

from deployments.topology import SERVICES
from tests.redis_servers import OPERATOR, WORD, Cluster, RedisServer, cluster, until
from tests.unit.datastore.deployed_store import (
    ON_A_CLUSTER,
    deployed_store,
    discrepancies,
    name_redis,
    outlives_a_primary,
    sells_while_a_slot_moves,
)

pytestmark = ON_A_CLUSTER

ORDERS = key_slot(b"{orders}")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three primaries, each with a replica."""
    with cluster(tmp_path_factory.mktemp("cluster"), "appendonly no") as nodes:
        yield nodes


@pytest.fixture
def shop(nodes: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """An empty cluster that the environment names."""
    until(nodes.is_whole, "the cluster is whole")
    for node in nodes.primaries():
        node.say("FLUSHALL")
    (tmp_path / "data").mkdir()
    name_redis(
        monkeypatch,
        nodes.url,
        FIELDHOUSE_ORDER_DURABILITY="replica",
        FIELDHOUSE_DATA=str(tmp_path / "data"),
    )
    return nodes


def test_services_are_on_several_nodes(nodes: Cluster) -> None:
    owners = {nodes.owner(key_slot(f"{{{service}}}".encode())).port for service in SERVICES}
    assert len(owners) == 3


async def test_no_acknowledged_order_is_lost_when_a_primary_is_killed(shop: Cluster) -> None:
    async with deployed_store() as store:
        await outlives_a_primary(store, shop, ORDERS)


async def test_nothing_fails_while_a_slot_moves_at_once(
    shop: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    async with deployed_store() as store:
        await sells_while_a_slot_moves(store, shop, ORDERS, caplog)


async def test_a_slot_moves_key_by_key_and_what_cannot_be_served_meanwhile_is_repeated(
    shop: Cluster,
) -> None:
    """`CLUSTER SETSLOT` and `MIGRATE`, as older tools do it."""
    async with deployed_store() as store:
        async with store.shopping():
            await store.bought(20)
            source, target = await asyncio.to_thread(parties, shop)
            await asyncio.to_thread(move_key_by_key, shop, source, target)
            await store.bought(20)
        await store.settled()
        assert await store.lost() == set()
        assert await discrepancies() == []


def parties(shop: Cluster) -> tuple[RedisServer, RedisServer]:
    """The node that has orders' slot, and another primary."""
    source = shop.owner(ORDERS)
    return source, next(one for one in shop.primaries() if one is not source)


def move_key_by_key(shop: Cluster, source: RedisServer, target: RedisServer) -> None:
    """Move orders' slot, some keys at a time."""
    ids = {"source": shop.named(source), "target": shop.named(target)}
    target.say("CLUSTER", "SETSLOT", ORDERS, "IMPORTING", ids["source"])
    source.say("CLUSTER", "SETSLOT", ORDERS, "MIGRATING", ids["target"])
    while keys := source.say("CLUSTER", "GETKEYSINSLOT", ORDERS, 50):
        assert isinstance(keys, list)
        to = ("127.0.0.1", target.port, "", 0, 5000, "AUTH2", OPERATOR, WORD)
        source.say("MIGRATE", *to, "KEYS", *keys)
    for node in (target, source):
        node.say("CLUSTER", "SETSLOT", ORDERS, "NODE", ids["target"])
    until(lambda: shop.owner(ORDERS) is target, "it has moved")
