"""The checks of carts' own books: events are there, and counted; carts are not forgotten."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import Redis

from deployments.carts.records import CartRecords
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.audit.overdue import overdue
from deployments.foundation.audit.published import CountedRecords, PublishedEvents

UNCHANGED = timedelta(days=1)
"""A cart that nobody changes is abandoned after an hour or so; this is longer than any setting."""


class CartsAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = CartRecords(redis)

    async def events(self) -> Findings:
        """What was published of carts. What a cart holds changes, so no event of it lasts."""
        counts = CountedRecords(self._records.ids, self._records.records)
        check = PublishedEvents[object]("carts", self._redis, self._inspection, counts=counts)
        return await check.check()

    async def abandonment(self) -> Findings:
        """Carts that should have been published as abandoned."""
        return await overdue(
            self._records.unchanged,
            _not_published,
            kind="carts",
            redis=self._redis,
            inspection=self._inspection,
            allowed=UNCHANGED,
        )


def _not_published(id_: str, unchanged: str) -> Discrepancy:
    what = f"Nobody has changed it for {unchanged}, and it was not published as abandoned."
    return Discrepancy("abandonment_overdue", (CartRecords.cart_key(id_),), what)
