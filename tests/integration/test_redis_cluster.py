"""The store on Ray with its state on a Redis Cluster, of which a primary dies while buyers buy."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.crc import key_slot

from tests.integration.running_store import RunningStore
from tests.placements import PLACEMENTS
from tests.redis_servers import Cluster, cluster, until
from tests.unit.datastore.deployed_store import (
    DeployedStore,
    name_redis,
    on_redis,
    outlives_a_primary,
)

pytestmark = pytest.mark.long

ORDERS = key_slot(b"{orders}")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three primaries, each with a replica."""
    with cluster(tmp_path_factory.mktemp("cluster"), "appendonly no") as nodes:
        until(nodes.is_whole, "the cluster is whole")
        yield nodes


@pytest.fixture
def store(nodes: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningStore]:
    """The store apart, upon the cluster; this process's environment names the same."""
    directory = Path(tempfile.mkdtemp(prefix="fieldhouse-"))
    store = RunningStore(PLACEMENTS[-1], directory / "data", directory / "output")
    of_the_store = {"FIELDHOUSE_ORDER_DURABILITY": "replica", "FIELDHOUSE_DATA": str(store.data)}
    store.start(**on_redis(nodes.url, **of_the_store))
    name_redis(monkeypatch, nodes.url, **of_the_store)
    yield store
    assert store.stop() == 0, store.tell()
    store.forget()
    shutil.rmtree(directory)


async def test_no_acknowledged_order_is_lost_and_the_store_goes_on(
    store: RunningStore, nodes: Cluster
) -> None:
    assert not (store.data / "valkey.sock").exists(), "it has no Redis of its own"
    await outlives_a_primary(DeployedStore(store.client), nodes, ORDERS)
