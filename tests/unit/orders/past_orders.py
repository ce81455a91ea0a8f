"""A store of orders with a past, and all that is stored of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from redis.asyncio import Redis

from deployments.foundation.values.partitions import Layout
from deployments.orders.service import OrdersService
from tests.unit.orders.sample_events import captured, consume, shipment, told
from tests.unit.orders.sample_orders import order, undo

ORDERS = 12
PAID, WITHDRAWN, NEVER_PLACED = "s1", "s2", "never"


async def sell(orders: OrdersService, reader: Redis) -> None:
    """Orders of two platforms: paid, shipped, withdrawn, and never placed; shipping owes some."""
    for n in range(ORDERS):
        await orders.place(order(f"s{n}", platform=("acme", "rival")[n % 2]))
    await orders.withdraw(undo(WITHDRAWN))
    await orders.withdraw(undo(NEVER_PLACED))
    await consume(orders, told(captured(PAID)), *shipment("a", saga=PAID))
    for stream in Layout("orders").streams():
        await reader.xgroup_create(stream, "shipping", "0", mkstream=True)
        await reader.xreadgroup("shipping", "reader", {stream: ">"}, count=1)


async def contents(redis: Redis) -> dict[str, Any]:
    """All that is stored, but for when the layout was noted."""
    found: dict[str, Any] = {}
    async for key in redis.scan_iter(count=1000):
        if not key.endswith(":layout"):
            found[key] = (await value_of(redis, key), await redis.pexpiretime(key))
    return found


async def value_of(redis: Redis, key: str) -> Any:  # noqa: ANN401
    kind, client = str(await redis.type(key)), cast(Any, redis)
    if kind == "stream":
        groups = await client.xinfo_groups(key)
        pending = [await client.xpending_range(key, one["name"], "-", "+", 100) for one in groups]
        owed = [[entry["message_id"] for entry in each] for each in pending]
        return await client.xrange(key), groups, owed
    reads: Mapping[str, Any] = {
        "string": lambda: client.get(key),
        "hash": lambda: client.hgetall(key),
        "list": lambda: client.lrange(key, 0, -1),
        "zset": lambda: client.zrange(key, 0, -1, withscores=True),
    }
    return await reads[kind]()


async def dumped(redis: Redis) -> dict[str, tuple[bytes | None, int]]:
    """Everything, to be brought back by `bring_back`."""
    keys = [key async for key in redis.scan_iter(count=1000)]
    return {key: (await redis.dump(key), await redis.pexpiretime(key)) for key in keys}


async def bring_back(redis: Redis, everything: Mapping[str, tuple[bytes | None, int]]) -> None:
    await redis.flushall()
    for key, (value, expires) in everything.items():
        await redis.restore(key, max(0, expires), value or b"", absttl=expires > 0)
