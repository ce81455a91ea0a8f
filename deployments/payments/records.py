"""What the sandbox provider's books say, charge by charge, for whoever checks the books."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.payments.sandbox_books import CHARGE


class ChargeRecord(NamedTuple):
    """A charge as the sandbox has it, amounts in minor units.

    `outcome` is none where there is no such charge; `captured` where nothing was taken.
    """

    key: str
    outcome: str | None
    amount: int
    currency: str | None
    captured: int | None
    refunded: int


class SandboxRecords:
    """The sandbox's books in one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> AsyncIterator[list[str]]:
        """The keys under which charges were authorised, in batches."""
        return names(self._redis, CHARGE)

    async def records(self, authorised_by: Sequence[str]) -> dict[str, ChargeRecord]:
        """What the books have of each of these charges."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in authorised_by:
                fields = ["outcome", "amount", "currency", "captured", "refunded"]
                pipe.hmget(CHARGE + id_, fields)
            found = await pipe.execute()
        return {id_: _charge(id_, row) for id_, row in zip(authorised_by, found, strict=True)}


def _charge(id_: str, row: Sequence[str | None]) -> ChargeRecord:
    outcome, amount, currency, captured, refunded = row
    return ChargeRecord(
        key=CHARGE + id_,
        outcome=outcome,
        amount=int(amount or 0),
        currency=currency,
        captured=None if captured is None else int(captured),
        refunded=int(refunded or 0),
    )
