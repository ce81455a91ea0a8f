"""A cluster loses machines while it sells, and sells on; the books are straight in the end."""

from __future__ import annotations

import asyncio

import pytest

from tests.cluster.cluster_store import ClusterStore
from tests.cluster.faults import (
    HeadKilled,
    ServicesSpread,
    WorkerDrained,
    WorkerKilled,
    WorkerParted,
    WorkersParted,
)
from tests.cluster.nodes import on_one_machine, replicas_on, whole
from tests.faults.damage import Fault
from tests.faults.table import table
from tests.faults.trials import Outcome, endure

pytestmark = pytest.mark.cluster


async def tried(cluster: ClusterStore, fault: Fault) -> Outcome:
    """What came of a fault; afterwards the cluster is whole again."""
    outcome = await endure(cluster, fault, seed=1)
    print(table([outcome]))
    if outcome.failure is not None:
        raise outcome.failure
    for worker in cluster.workers:
        if not worker.is_up:
            await asyncio.to_thread(worker.boot)
            await asyncio.to_thread(cluster.start_worker, worker)
    await whole(cluster)
    return outcome


async def test_replicas_are_spread_over_workers_and_none_is_on_the_head(
    cluster: ClusterStore,
) -> None:
    counts = await replicas_on(cluster)
    assert counts["head"] == 0
    assert all(counts[worker.name] for worker in cluster.workers), counts


async def test_a_worker_is_killed_and_the_other_one_when_services_are_spread_again(
    cluster: ClusterStore,
) -> None:
    await tried(cluster, WorkerKilled(cluster))
    assert await on_one_machine(cluster), "Serve moves nothing when a node is back"
    spread = await tried(cluster, ServicesSpread(cluster))
    assert await on_one_machine(cluster) == []
    assert not spread.failures, spread.failures
    await tried(cluster, WorkerKilled(cluster))


async def test_a_worker_is_drained_and_no_request_fails(cluster: ClusterStore) -> None:
    outcome = await tried(cluster, WorkerDrained(cluster))
    assert not outcome.failures, outcome.failures


async def test_the_head_is_killed_and_comes_back(cluster: ClusterStore) -> None:
    await tried(cluster, HeadKilled(cluster))


async def test_workers_do_not_reach_each_other(cluster: ClusterStore) -> None:
    await tried(cluster, WorkersParted(cluster))


async def test_a_worker_that_is_given_up_sells_on(cluster: ClusterStore) -> None:
    await tried(cluster, WorkerParted(cluster))
