"""What the catalogue does again and again: letting planned prices take effect, and files go."""

from __future__ import annotations

from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import ApplyScheduledPrices
from deployments.catalog.file_sweep import FileSweep
from deployments.foundation.events.loop import Loop

BATCH = 200
EVERY_SECONDS = 1.0
_SWEEP_SECONDS, _LONGEST_SWEEP_SECONDS = 600.0, 3600.0


def planned_prices(catalog: CatalogApi, *, every: float = EVERY_SECONDS) -> Loop:
    """Lets each due price take effect once, whoever else does the same, a batch at a time."""

    async def tick() -> bool:
        applied = await catalog.apply_scheduled(ApplyScheduledPrices(limit=BATCH))
        return applied.count == BATCH

    return Loop("planned_prices", tick, every=every)


def unshown_files(sweep: FileSweep, *, every: float = _SWEEP_SECONDS) -> Loop:
    """Lets files of pictures go that no product shows; one replica a day looks through them."""
    return Loop("picture_files", sweep.tick, every=every, tick_seconds=_LONGEST_SWEEP_SECONDS)
