"""How many purchases a second the store takes on one node and on three, on this machine.

`python -m tests.cluster.purchases`, as root. All nodes share this one's cores, so that it shows
what distance and Ray's own processes cost, and not what more machines bring.
"""

from __future__ import annotations

import asyncio

from commands.loading.buyers import Buyers, plentiful
from commands.loading.figures import LoadLevel
from tests.cluster.running import running_cluster

BUYERS = (1, 8)
CLUSTERS = ((0, 1), (2, 1), (2, 2))
"""Workers beside the head, which has the replicas itself if there are none; replicas of each
service."""
WARM_SECONDS, SECONDS = 10.0, 30.0


async def measure(workers: int, replicas: int) -> None:
    """Print the figures of one cluster."""
    async with running_cluster(workers, replicas) as store, store.client() as client:
        buyers = Buyers(client, plentiful())
        await buyers.shop(LoadLevel(BUYERS[-1]), WARM_SECONDS)
        for count in BUYERS:
            level = LoadLevel(count)
            await buyers.shop(level, SECONDS)
            told = f"{workers + 1} nodes, {replicas} replicas, {count} buyers"
            print(f"{told}: {level.rate:.1f} purchases/s, {dict(level.trouble)}", flush=True)


async def main() -> None:
    """One cluster after the other."""
    for workers, replicas in CLUSTERS:
        await measure(workers, replicas)


if __name__ == "__main__":
    asyncio.run(main())
