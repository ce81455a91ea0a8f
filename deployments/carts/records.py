"""What is stored of carts, record by record, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.carts.store import CHANGED, cart_key
from deployments.foundation.audit.overdue import DueRecords, due_in
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

    @staticmethod
    def cart_key(id_: str) -> str:
        """Where a cart is, for messages."""
        return cart_key(id_)

    def ids(self) -> AsyncIterator[list[str]]:
        """All carts that have not expired, in batches."""
        return names(self._redis, cart_key(""))

    async def unchanged(self, until: datetime) -> DueRecords:
        """Carts that are to be published as abandoned, unless they are bought; and which of them
        nobody has changed since then."""
        return await due_in(self._redis, CHANGED, until)

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
