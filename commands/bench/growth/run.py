"""A run of what grows, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable

from commands.bench.growth import carts, catalogue, orders
from commands.bench.load.dispatch import load_processes
from commands.bench.machine import commit, machine
from commands.bench.results import Growth, Run
from commands.bench.stores.backlog import BacklogNeverEndsError
from commands.bench.stores.running import StoreFailedError
from deployments.foundation.values.clock import utc_now


async def run(tell: Callable[[str], None], most: int, note: str = "") -> Run:
    """Measure at each size up to `most`, of variants, of lines and of orders."""
    began, date = time.monotonic(), utc_now()

    def told(line: str) -> None:
        tell(f"{time.monotonic() - began:5.0f} s  {line}")

    found: list[Growth] = []
    async with load_processes() as load:
        for measure, sizes in (
            (carts.measure, carts.LINES),
            (catalogue.measure, catalogue.VARIANTS),
            (orders.measure, orders.ORDERS),
        ):
            try:
                small_enough = [size for size in sizes if size <= most]
                found.extend([one async for one in measure(load, told, small_enough)])
            except (BacklogNeverEndsError, StoreFailedError) as trouble:
                told(f"it ends here: {trouble}")
        processes = load.count
    head, changed = commit()
    return Run(
        commit=head,
        changed=changed,
        date=date,
        note=note,
        machine=machine(),
        minutes=(time.monotonic() - began) / 60,
        load_processes=processes,
        kind="growth",
        growth=tuple(found),
    )
