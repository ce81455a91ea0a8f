"""A run of what grows, one after the other."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

from commands.bench.growth import carts, catalogue, orders
from commands.bench.growth.old_orders import NoRoomError
from commands.bench.load.dispatch import LoadGenerator, LoadLostError, load_processes
from commands.bench.machine import commit, machine
from commands.bench.results import BenchRun, Growth
from commands.bench.stores.backlog import BacklogNeverEndsError
from commands.bench.stores.running import StoreFailedError
from deployments.foundation.values.clock import utc_now

_GROWING = (
    (carts.measure, carts.LINES),
    (catalogue.measure, catalogue.VARIANTS),
    (orders.measure, orders.ORDERS),
)


async def run(tell: Callable[[str], None], most: int, note: str = "") -> BenchRun:
    """Measure at each size up to `most`, of variants, of lines and of orders."""
    began, date = time.monotonic(), utc_now()

    def told(line: str) -> None:
        tell(f"{time.monotonic() - began:5.0f} s  {line}")

    async with load_processes() as load:
        found = [one async for one in _grown(load, told, most)]
        processes = load.count
    head, changed = commit()
    return BenchRun(
        commit=head,
        changed=changed,
        date=date,
        note=note,
        machine=machine(),
        minutes=(time.monotonic() - began) / 60,
        load_processes=processes,
        kind="growth" if len(found) == sum(len(sizes) for _, sizes in _GROWING) else "part",
        growth=tuple(found),
    )


async def _grown(
    load: LoadGenerator, told: Callable[[str], None], most: int
) -> AsyncIterator[Growth]:
    """One after the other; what goes wrong ends the one, and the next begins."""
    for measure, sizes in _GROWING:
        try:
            async for one in measure(load, told, [size for size in sizes if size <= most]):
                yield one
        except (BacklogNeverEndsError, NoRoomError, StoreFailedError, LoadLostError) as trouble:
            told(f"it ends here: {trouble}")
