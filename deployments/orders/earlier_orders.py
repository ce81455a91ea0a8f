"""Orders of the first version, under the keys that `store.py` documents: in no index but one.

They say no version, and are not grouped by partition. Until they are migrated, whoever needs an
index has all orders looked through.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names, script
from deployments.foundation.redis.migrating import Rewritten, documents_are, version_key
from deployments.foundation.values.message import readable
from deployments.orders.contract import PlaceOrder
from deployments.orders.domain.orders import number_of
from deployments.orders.keys import SERVICE, WHOLE, OrderKeys, prefix

VERSION = 2
"""Of what is stored of an order now: it is in the indices by payment and by number."""
ORDER = prefix(WHOLE.tag(""), "order")
_LUA = Path(__file__).parent / "lua"
_ALL_EVERY_SECONDS = 300


class EarlierOrders:
    """Those of one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._bring = script(redis, _LUA / "bring.lua")

    async def bring_all(self) -> bool:
        """Bring all orders to the present version, at most once in five minutes; whether it did.

        One round trip once there is none of an earlier one; before that it takes as long as there
        are keys.
        """
        if await documents_are(self._redis, SERVICE, VERSION):
            return False
        if not await self._redis.set("{orders}:indexing", "1", nx=True, ex=_ALL_EVERY_SECONDS):
            return False
        unreadable: list[str] = []
        async for order_ids in names(self._redis, ORDER):
            unreadable += (await self.bring(order_ids)).unreadable
        if not unreadable:
            await self._redis.set(version_key(SERVICE), VERSION)
        return True

    async def bring(self, order_ids: Sequence[str]) -> Rewritten:
        """Bring these to the present version, in two round trips."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for order_id in order_ids:
                pipe.hmget(_keys(order_id).order, ["order", "label"])
            found = cast(list[tuple[str | None, str | None]], await pipe.execute())
        keys, args, unreadable = [_keys("").numbers], [str(VERSION)], list[str]()
        for order_id, (order, label) in zip(order_ids, found, strict=True):
            placed, number = readable(PlaceOrder, order), number_of(label or "")
            if placed is None or number is None:
                unreadable.append(order_id)
                continue
            keys += [_keys(order_id).order, _keys(order_id).payment(placed.payment_id)]
            args += [order_id, str(number)]
        return Rewritten(int(await self._bring(keys=keys, args=args)), unreadable)

    async def count(self) -> int:
        """How many orders were ever placed, of whichever version."""
        return int(await self._redis.get(_keys("").labels) or 0)


def _keys(order_id: str) -> OrderKeys:
    return OrderKeys.of(order_id, WHOLE)
