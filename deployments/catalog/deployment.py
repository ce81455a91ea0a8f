"""The catalogue's composition root."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.catalog.contract import CatalogApi
from deployments.catalog.file_store import FileStore
from deployments.catalog.file_sweep import FileSweep
from deployments.catalog.loops import planned_prices, unshown_files
from deployments.catalog.routes import CatalogRoutes
from deployments.catalog.seed import seed
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.staff_store import StaffCatalogStore
from deployments.catalog.store import SERVICE, CatalogStore
from deployments.foundation.events.trimming import trimming
from deployments.foundation.http.rate_limits import RateLimits
from deployments.foundation.objects.object_store import Objects
from deployments.foundation.placement.composition import Composition, Connect
from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.meter import UNMEASURED, Meter
from deployments.foundation.values.settings import settings
from deployments.inventory.contract import InventoryApi
from deployments.topology import subscribers_of

STOCK_FRESH_SECONDS = 1.0
"""How old the stock may be that a shopper sees: completing a checkout reserves."""
STOCK_SECONDS = 0.5
"""A shopper would rather see products without their availability than wait for it."""


def compose(
    redis: Redis,
    connect: Connect,
    *,
    clock: Clock = utc_now,
    meter: Meter = UNMEASURED,
    snapshot: LiveSnapshot | None = None,
    stock_seconds: float = STOCK_FRESH_SECONDS,
) -> Composition:
    """The catalogue upon its Redis and inventory. Its snapshot is complete once it has started."""
    store = CatalogStore(redis)
    snapshot = snapshot or LiveSnapshot(store)
    inventory = connect(InventoryApi, app="inventory", seconds=STOCK_SECONDS)
    files, objects = FileStore(redis), Objects(settings().pictures_place)
    sweep = FileSweep(files, objects, clock, settings().pictures_kept)
    service = CatalogService(
        store,
        StaffCatalogStore(redis),
        snapshot,
        inventory,
        clock,
        files=files,
        objects=objects,
        stock_seconds=stock_seconds,
    )
    return Composition(
        api=CatalogApi,
        service=service,
        routes=CatalogRoutes(service, settings().public_url).routes(),
        # Open to everyone, so no key is asked for or looked at: only an address is counted.
        limits=RateLimits(redis, SERVICE, keys={}),
        loops=[
            planned_prices(service),
            unshown_files(sweep),
            trimming(SERVICE, redis, subscribers_of(SERVICE)),
        ],
        seed=lambda: seed(service),
        start=snapshot.start,
        check=snapshot.check,
        stop=snapshot.stop,
    )
