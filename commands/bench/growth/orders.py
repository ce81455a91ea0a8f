"""Orders that pile up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from commands.bench.growth.growing import Tell, each, growing_store
from commands.bench.load.dispatch import LoadGenerator
from commands.bench.results import Growth
from commands.bench.stores.workload import shipped_workload, stock_up

ORDERS = (100, 1_000, 10_000)
"""As many as are bought, with all that follows, within some ten minutes."""
_SECONDS = 3.0
_AT_ONCE = 1_000


async def measure(
    load: LoadGenerator, tell: Tell, sizes: Sequence[int] = ORDERS
) -> AsyncIterator[Growth]:
    """The store with so many orders, all that follows them done: what it takes, and its start."""
    there = 0
    async with growing_store(load, tell) as growing:
        await growing.start(shipped_workload())
        await stock_up(growing.redis)
        empty = await growing.settled()
        for size in sizes:
            while there < size:
                count = min(_AT_ONCE, size - there)
                await growing.make("sale", count)
                there += count
                now = await growing.settled()
            figures = each(empty, now, there)
            for journey in ("order", "sale"):
                figures |= await growing.asked(journey, _SECONDS)
            await growing.store.stop()
            figures |= await growing.start(shipped_workload())
            figures |= await growing.needs()
            yield growing.grown("orders", size, figures)
