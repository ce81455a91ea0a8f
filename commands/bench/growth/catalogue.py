"""A catalogue that grows: what is shipped, again and again under other ids."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from redis.asyncio import Redis

from commands.bench.growth.growing import GrowingStore, Tell, each, growing_store
from commands.bench.load.dispatch import LoadGenerator
from commands.bench.load.shopper import Workload
from commands.bench.results import Growth
from commands.bench.stores.workload import QUERIES, receive, shipped_workload
from deployments.catalog.contract import ImportProducts, Product
from deployments.catalog.seed import products
from deployments.foundation.placement.host import Host, nowhere
from deployments.inventory.contract import StockRow
from deployments.store import placed

VARIANTS = (300, 10_000, 300_000)
_BATCH = 400
_UNITS = 1_000_000
_SECONDS = 3.0
_SPREAD = 500
"""How many ids of all are asked for."""


async def measure(
    load: LoadGenerator, tell: Tell, sizes: Sequence[int] = VARIANTS
) -> AsyncIterator[Growth]:
    """The store at each number of variants, from its start on."""
    async with growing_store(load, tell) as growing:
        await growing.start(shipped_workload())
        empty, catalogue = await growing.settled(), Catalogue()
        for size in sizes:
            await catalogue.grow(growing.redis, size)
            now = await growing.settled()
            await growing.store.stop()
            figures = await growing.start(catalogue.workload())
            if catalogue.added:
                figures |= each(empty, now, catalogue.added)
            figures |= await _asked(growing)
            yield growing.grown("variants", catalogue.size, figures)


async def _asked(growing: GrowingStore) -> dict[str, float]:
    figures = await growing.needs()
    for journey in ("product", "lookup", "search", "cart create"):
        figures |= await growing.asked(journey, _SECONDS)
    return figures


class Catalogue:
    """All products that there are, the shipped ones first. `added` counts the variants after."""

    def __init__(self) -> None:
        self._products = list(products())
        self._copies = copies(products())
        self.added = 0

    @property
    def size(self) -> int:
        """How many variants there are."""
        return sum(len(product.variants) for product in self._products)

    async def grow(self, redis_of: Callable[[str], Redis], size: int) -> None:
        """Add products until there are so many variants."""
        missing, chosen = size - self.size, list[Product]()
        while missing > 0:
            product = next(self._copies)
            chosen.append(product)
            missing -= len(product.variants)
        for start in range(0, len(chosen), _BATCH):
            await _import(redis_of, chosen[start : start + _BATCH])
        self._products += chosen
        self.added += sum(len(product.variants) for product in chosen)

    def workload(self) -> Workload:
        """Some of all of it, evenly."""
        skus = [one.sku for product in self._products for one in product.variants]
        ids = [product.id for product in self._products]
        return Workload(products=_some(ids), skus=_some(skus), queries=QUERIES)


def _some(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(ids[:: max(1, len(ids) // _SPREAD)])


def copies(originals: Sequence[Product]) -> Iterator[Product]:
    """The same products under ids that nobody has."""
    for number in itertools.count(1):
        for product in originals:
            name = f"{product.id}-{number}"
            variants = tuple(
                one.model_copy(
                    update={
                        "id": f"{one.sku}-{number}",
                        "sku": f"{one.sku}-{number}",
                        "product_id": name,
                    }
                )
                for one in product.variants
            )
            yield product.model_copy(update={"id": name, "variants": variants})


async def _import(redis_of: Callable[[str], Redis], chosen: Sequence[Product]) -> None:
    """Take in products, and stock of them, as the shipped ones are taken in."""

    def client(service: str, *, at: str | None = None) -> Redis:  # noqa: ARG001 - there is one.
        return redis_of(service)

    batch = f"bench {chosen[0].id}"
    host = Host(placed(["catalog", "inventory"]), client, nowhere)
    catalog = host.services["catalog"].service
    message = ImportProducts(batch=batch, products=tuple(chosen))
    await catalog.import_products(message)  # type: ignore[attr-defined]
    await host.stop()
    skus = [one.sku for product in chosen for one in product.variants]
    await receive(redis_of, batch, [_row(sku) for sku in skus])


def _row(sku: str) -> StockRow:
    return StockRow(sku=sku, location_id=1, location_name="Bench", quantity=_UNITS)
