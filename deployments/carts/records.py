"""What is stored of carts, record by record, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.carts.store import cart_key
from deployments.foundation.redis.connection import names


class CartRecord(NamedTuple):
    """What is stored of a cart; `published` is how many events there were about it."""

    key: str
    found: bool
    published: int


class CartRecords:
    """Carts of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> AsyncIterator[list[str]]:
        """All carts that have not expired, in batches."""
        return names(self._redis, cart_key(""))

    async def records(self, cart_ids: Sequence[str]) -> dict[str, CartRecord]:
        """What is stored under each of these ids."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for cart_id in cart_ids:
                pipe.hmget(cart_key(cart_id), ["version", "sequence"])
            found = await pipe.execute()
        return {
            cart_id: CartRecord(cart_key(cart_id), version is not None, int(sequence or 0))
            for cart_id, (version, sequence) in zip(cart_ids, found, strict=True)
        }
