"""What earlier versions stored of orders, to be rewritten while they are sold."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.redis.migrating import Migration
from deployments.orders.earlier_orders import ORDER, VERSION, EarlierOrders
from deployments.orders.keys import SERVICE


def migration(redis: Redis) -> Migration:
    """Brings all orders to the present version."""
    earlier = EarlierOrders(redis)
    return Migration(
        redis, SERVICE, VERSION, prefix=ORDER, rewrite=earlier.bring, total=earlier.count
    )
