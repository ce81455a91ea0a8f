"""Orders of one store on all nodes of a cluster: their keys are grouped by partition."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.crc import key_slot

from commands.exit_status import OK
from deployments.foundation.values.partitions import Layout, partition_of
from tests.command_line import typed
from tests.redis_servers import Cluster, cluster, until
from tests.unit.datastore.deployed_store import (
    ON_A_CLUSTER,
    DeployedStore,
    deployed_store,
    discrepancies,
    name_redis,
    outlives_a_primary,
    sells_while_a_slot_moves,
)

pytestmark = ON_A_CLUSTER

GROUPED = Layout("orders", partitioned=True)
SEVENTH = key_slot(GROUPED.tag_of(7).encode())
BEFORE = 40


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three primaries, each with a replica."""
    with cluster(tmp_path_factory.mktemp("cluster"), "appendonly no") as nodes:
        yield nodes


@pytest.fixture
async def sold(nodes: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeployedStore:
    """What buyers saw of a store that was stopped and whose orders were grouped then."""
    until(nodes.is_whole, "the cluster is whole")
    for node in nodes.primaries():
        node.say("FLUSHALL")
    (tmp_path / "data").mkdir()
    more = {"FIELDHOUSE_ORDER_DURABILITY": "replica", "FIELDHOUSE_DATA": str(tmp_path / "data")}
    name_redis(monkeypatch, nodes.url, **more)
    async with deployed_store() as store:
        async with store.shopping():
            await store.bought(BEFORE)
        await store.settled()
    monkeypatch.setenv("FIELDHOUSE_PARTITIONED", "orders")
    ended = await typed("partition")
    assert (ended.status, ended.err) == (OK, ""), ended
    return store


def orders_by_node(nodes: Cluster) -> list[int]:
    """How many orders each primary has."""
    found = [node.say("KEYS", "{orders:*}:order:*") for node in nodes.primaries()]
    return [len(keys) for keys in found if isinstance(keys, list)]


async def test_orders_are_on_all_nodes_and_none_is_lost_when_a_slot_moves_or_a_primary_dies(
    sold: DeployedStore, nodes: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    assert sum(orders_by_node(nodes)) >= BEFORE
    assert min(orders_by_node(nodes)) > 0
    async with deployed_store() as store:
        store.seen.orders = dict(sold.seen.orders)
        await sells_while_a_slot_moves(store, nodes, SEVENTH, caplog)
        await outlives_a_primary(store, nodes, SEVENTH)
        partitions = {partition_of(order_id) for order_id in store.seen.orders}
    assert len(partitions) == len(GROUPED.tags()), "buyers have had to do with every partition"


async def test_grouped_orders_are_backed_up_and_restored(
    sold: DeployedStore, nodes: Cluster, tmp_path: Path
) -> None:
    taken = await typed("backup", str(tmp_path / "backup"))
    assert (taken.status, taken.err) == (OK, "")
    assert "3 server(s)" in taken.out
    refused = await typed("restore", str(tmp_path / "backup"))
    assert "There are keys of catalog already" in refused.err
    for primary in await asyncio.to_thread(nodes.primaries):
        await asyncio.to_thread(primary.say, "FLUSHALL")
    restored = await typed("restore", str(tmp_path / "backup"))
    assert (restored.status, restored.err) == (OK, "")
    async with deployed_store() as again:
        again.seen.orders = dict(sold.seen.orders)
        async with again.shopping():
            await again.bought(5)
        await again.settled()
        assert await again.lost() == set()
        assert await discrepancies() == []
