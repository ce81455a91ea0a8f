"""What an event costs, from its stream to its effect.

`python -m commands.bench.counts.event_cost` writes it as a line of JSON. Purchases are made while
nobody consumes. Then a store does nothing but consume, and its CPU is that of the events: mails are
rendered and written, no platform is told.
"""

from __future__ import annotations

import asyncio
import os

from redis.asyncio import Redis

from commands.bench.counts.counted_store import counted_store
from commands.bench.counts.own_redis import counted_apart, own_redis
from commands.bench.results import EventCost
from commands.bench.stores.backlog import Watcher
from commands.bench.stores.processes import StoreProcesses, used_between
from commands.bench.stores.workload import shipped_workload, stock_up
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.redis.connection import client
from deployments.store import placed

PURCHASES = 150
_MILLISECONDS = 1000
_VALKEY = "valkey"


async def event_cost() -> EventCost:
    """What an event costs here, in a process of its own."""
    (line,) = await counted_apart("event_cost")
    return EventCost.model_validate_json(line)


async def measure(purchases: int) -> EventCost:
    """What an event costs in this process."""
    async with own_redis() as admin:
        async with counted_store(client, admin, shipped_workload(), consuming=False) as store:
            await stock_up(client)
            await store.travel("purchase", purchases)
        return await _consume(admin)


async def _consume(admin: Redis) -> EventCost:
    watcher = Watcher(admin, StoreProcesses([os.getsid(0)]))
    host = Host(placed(), client, nowhere)
    before = await watcher.now()
    await host.start(seed=False)
    after = await watcher.settled()
    await host.stop()
    used = used_between(before.cpu, after.cpu)
    redis = used.get(_VALKEY, 0.0)
    own = sum(spent for role, spent in used.items() if role == "counting")
    # What was waiting, and what came of it: all of it has been handled since.
    return EventCost(
        events=after.events,
        services=own * _MILLISECONDS / after.events,
        redis=redis * _MILLISECONDS / after.events,
    )


if __name__ == "__main__":
    print(asyncio.run(measure(PURCHASES)).model_dump_json())
