"""What there is to ask for in a store: what is shipped, and stock that no bench sells out."""

from __future__ import annotations

from collections.abc import Callable

from redis.asyncio import Redis

from commands.bench.load.shopper import Workload
from deployments.catalog.seed import products
from deployments.foundation.placement.host import Host, nowhere
from deployments.inventory.contract import ReceiveStock, StockRow
from deployments.inventory.seed import stock
from deployments.store import placed

_PLENTY = 1_000_000
QUERIES = (
    *("helmet", "mountain bike", "water bottle", "road tire", "jersey", "gloves", "mountan bik"),
    *("touring frame", "red", "socks", "brakes", "pump"),
)
"""Words that the shipped catalogue knows, a typo among them."""


def shipped_workload(lines: int = 2) -> Workload:
    """What is shipped and in stock."""
    shipped = products()
    stocked = {row.sku for row in stock()}
    skus = [one.sku for product in shipped for one in product.variants if one.sku in stocked]
    ids = tuple(product.id for product in shipped)
    return Workload(products=ids, skus=tuple(skus), queries=QUERIES, lines=lines)


async def stock_up(redis_of: Callable[[str], Redis]) -> None:
    """So many units of everything that is in stock that nothing sells out."""
    locations = {row.sku: row for row in stock()}
    rows = [row.model_copy(update={"quantity": _PLENTY}) for row in locations.values()]
    await receive(redis_of, "bench", rows)


async def receive(redis_of: Callable[[str], Redis], batch: str, rows: list[StockRow]) -> None:
    """Book stock as a warehouse would."""

    def client(service: str, *, at: str | None = None) -> Redis:  # noqa: ARG001 - there is one.
        return redis_of(service)

    host = Host(placed(["inventory"]), client, nowhere)
    service = host.services["inventory"].service
    await service.receive(ReceiveStock(batch=batch, rows=tuple(rows)))  # type: ignore[attr-defined]
    await host.stop()
