"""What is stored of codes and their redemptions, code by code, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable
from deployments.pricing.contract import DiscountCode, fold
from deployments.pricing.store import CODES, REDEMPTIONS, redeemed_key

_CODES_AT_ONCE, _STEPS_AT_ONCE = 200, 500


class CodeRecord(NamedTuple):
    """What is stored of a folded code's redemptions.

    `rule` is none where there is no such code or it cannot be read; `standing` is how many steps
    prove that number; `key` is that of their set.
    """

    code: str
    key: str
    rule: DiscountCode | None
    redeemed: int
    standing: int


class PricingRecords:
    """Codes and redemptions of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @staticmethod
    def folded(code: str) -> str:
        """A code as it is kept, however it was written."""
        return fold(code)

    async def codes(self) -> AsyncIterator[list[str]]:
        """All folded codes that there are, or that were ever redeemed, in batches."""
        known = {*await self._redis.hkeys(CODES), *await self._redis.hkeys(REDEMPTIONS)}
        async for redeemed in names(self._redis, redeemed_key("")):
            known.update(redeemed)
        codes = sorted(cast(set[str], known))
        for start in range(0, len(codes), _CODES_AT_ONCE):
            yield codes[start : start + _CODES_AT_ONCE]

    async def records(self, codes: Sequence[str]) -> dict[str, CodeRecord]:
        """How often each of these folded codes was redeemed, as of one moment."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(CODES, codes)
            pipe.hmget(REDEMPTIONS, codes)
            for code in codes:
                pipe.scard(redeemed_key(code))
            rows, counts, *standing = await pipe.execute()
        return {
            code: CodeRecord(
                code, redeemed_key(code), readable(DiscountCode, row), int(count or 0), steps
            )
            for code, row, count, steps in zip(codes, rows, counts, standing, strict=True)
        }

    async def redeeming_steps(self, code: str) -> AsyncIterator[list[str]]:
        """The steps by which a folded code's redemptions stand, in batches; some may come twice."""
        cursor = 0
        while True:
            cursor, steps = await self._redis.sscan(
                redeemed_key(code), cursor, count=_STEPS_AT_ONCE
            )
            if steps:
                yield cast(list[str], steps)
            if not cursor:
                return

    async def stand(self, code: str, steps: Sequence[str]) -> list[bool]:
        """Whether a folded code is redeemed by each of these steps."""
        found = await self._redis.smismember(redeemed_key(code), list(steps))
        return [bool(stands) for stands in cast(list[int], found)]
