"""What befalls machines: killed, drained, parted from each other; and the head that comes back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.cluster.cluster_store import ClusterStore
from tests.cluster.machine import Machine
from tests.cluster.nodes import replicas_on, whole
from tests.conditions import until
from tests.faults.careful import Seen
from tests.faults.damage import more_orders
from tests.faults.tried_store import TriedStore

ORDERS_MEANWHILE = 10
"""So many are bought while the head is gone, or workers do not reach each other."""
PARTED_SECONDS = 20.0
"""Several times what any call may take."""


@dataclass
class WorkerKilled:
    """The worker with the most replicas is gone at once."""

    cluster: ClusterStore
    name: str = "a worker killed"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Kill it, and wait until all that it did is done elsewhere."""
        victim = await busiest(self.cluster)
        victim.kill()
        await whole(self.cluster, victim)


@dataclass
class WorkerDrained:
    """A worker is emptied, and taken away when nothing runs on it any more."""

    cluster: ClusterStore
    name: str = "a worker drained"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Drain it as the runbook says, and end Ray on it when it is empty."""
        cluster, worker = self.cluster, await busiest(self.cluster)
        await asyncio.to_thread(cluster.operate, f".venv/bin/fieldhouse drain {worker.address}")
        await whole(cluster, worker)
        await asyncio.to_thread(cluster.on, worker, "fieldhouse/.venv/bin/ray stop")
        worker.kill()


@dataclass
class ServicesSpread:
    """Services that are on one worker start anew on both."""

    cluster: ClusterStore
    name: str = "services spread"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Spread them as the runbook says."""
        await asyncio.to_thread(self.cluster.operate, ".venv/bin/fieldhouse spread")
        await whole(self.cluster)


@dataclass
class HeadKilled:
    """The head is gone, and comes back at its address with an empty disk."""

    cluster: ClusterStore
    name: str = "the head killed"
    back: float = 0.0
    """Seconds from the start of another head until everything was as before."""

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Kill it, sell without it, bring it back, and wait until Serve looks after all again."""
        cluster = self.cluster
        cluster.head.kill()
        await more_orders(cluster, seen, ORDERS_MEANWHILE)
        began = time.monotonic()
        await asyncio.to_thread(cluster.start_head)
        await whole(cluster)
        self.back = time.monotonic() - began


@dataclass
class WorkersParted:
    """Two workers do not reach each other; the head and Redis reach both."""

    cluster: ClusterStore
    name: str = "two workers parted"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Part them for a while, and let them find each other again."""
        cluster = self.cluster
        one, other, *_ = cluster.workers
        with cluster.network.parted(one.address, other.address):
            await _not_reached(cluster, one, other)
            await asyncio.sleep(PARTED_SECONDS)
        await whole(cluster)


@dataclass
class WorkerParted:
    """A worker reaches no other node, and none reaches it; Redis and the load balancer do.

    Ray gives it up, and Serve starts its replicas elsewhere, while those on it go on selling.
    """

    cluster: ClusterStore
    name: str = "a worker parted from all nodes"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Part it until its replicas are elsewhere too, and take it away when it is found again."""
        cluster, parted = self.cluster, await busiest(self.cluster)
        others = [one.address for one in (cluster.head, *cluster.workers) if one is not parted]
        with cluster.network.cut_off(parted.pid, *others):
            await _not_reached(cluster, parted, cluster.head)
            await _given_up(cluster, parted)
            await more_orders(cluster, seen, ORDERS_MEANWHILE)
        await whole(cluster, parted)
        parted.kill()


async def busiest(cluster: ClusterStore) -> Machine:
    """The worker on which most replicas serve."""
    counts = await replicas_on(cluster)
    return max(
        (one for one in cluster.workers if one.is_up), key=lambda worker: counts[worker.name]
    )


async def _not_reached(cluster: ClusterStore, one: Machine, other: Machine) -> None:
    """The one's connections to the other come to nothing."""
    words = f"! timeout 2 bash -c '</dev/tcp/{other.address}/8000'"
    await asyncio.to_thread(cluster.on, one, words)


async def _given_up(cluster: ClusterStore, parted: Machine) -> None:
    """Wait until Serve counts on no replica there any more."""

    async def done() -> bool:
        counts = await replicas_on(cluster)
        return counts.total() > 0 and not counts[parted.name]

    await until(done, f"{parted.name} is given up", tell=cluster.tell)
