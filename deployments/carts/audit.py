"""The check of carts' own books: every event about a cart is there, and counted."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.carts.records import CartRecords
from deployments.foundation.audit.findings import Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.audit.published import Counts, PublishedEvents


class CartsAudit:
    """The check, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = CartRecords(redis)

    async def events(self) -> Findings:
        """What was published of carts. What a cart holds changes, so no event of it lasts."""
        counts = Counts(self._records.ids, self._records.records)
        check = PublishedEvents[object]("carts", self._redis, self._inspection, counts=counts)
        return await check.check()
