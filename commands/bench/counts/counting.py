"""Counts what journeys are made of, in a process and on a Redis of its own.

`python -m commands.bench.counts.counting` writes a line of JSON for each journey.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from commands.bench.counts.counted_store import counted_store
from commands.bench.counts.own_redis import counted_apart, own_redis
from commands.bench.results import Count
from commands.bench.rows import ROWS
from commands.bench.stores.workload import shipped_workload
from deployments.foundation.redis.connection import client

_COUNTED = tuple(row.name for row in ROWS if row.group != "ceiling")


async def counts(rows: Sequence[str]) -> tuple[Count, ...]:
    """What these journeys are made of, and those of them that are followed with what follows."""
    wanted = [row for row in _COUNTED if row in rows]
    lines = await counted_apart("counting", *wanted) if wanted else []
    return tuple(Count.model_validate_json(line) for line in lines)


async def count(rows: Sequence[str]) -> None:
    """Count, and write down."""
    followed = [row.name for row in ROWS if row.followed and row.name in rows]
    async with own_redis() as admin:
        async with counted_store(client, admin, shipped_workload(), consuming=False) as store:
            for row in rows:
                print((await store.count(row)).model_dump_json())
        if followed:
            await admin.flushall()
            async with counted_store(client, admin, shipped_workload(), consuming=True) as store:
                for row in followed:
                    print((await store.count_followed(row)).model_dump_json())


if __name__ == "__main__":
    asyncio.run(count(sys.argv[1:]))
