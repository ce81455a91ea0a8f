"""Carts of few lines and of many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from commands.bench.growth.growing import Tell, each, growing_store
from commands.bench.load.dispatch import LoadGenerator
from commands.bench.results import Growth
from commands.bench.stores.workload import shipped_workload, stock_up

LINES = (1, 10, 100)
_SECONDS = 3.0
_CARTS = 500


async def measure(
    load: LoadGenerator, tell: Tell, sizes: Sequence[int] = LINES
) -> AsyncIterator[Growth]:
    """Creating and replacing carts of so many lines, and what one takes in Redis."""
    for size in sizes:
        async with growing_store(load, tell) as growing:
            await growing.start(shipped_workload(lines=size))
            await stock_up(growing.redis)
            before = await growing.settled()
            await growing.make("cart create", _CARTS)
            figures = each(before, await growing.settled(), _CARTS)
            for journey in ("cart create", "cart replace"):
                figures |= await growing.asked(journey, _SECONDS)
            yield growing.grown("lines of a cart", size, figures)
