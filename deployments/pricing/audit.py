"""The check of pricing's own books: codes are redeemed no more often than they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.published import PublishedEvents
from deployments.pricing.records import CodeRecord, PricingRecords


class PricingAudit:
    """The check, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._records, self._inspection = PricingRecords(redis), inspection
        self._redis = redis

    async def events(self) -> Findings:
        """What was published of codes."""
        return await PublishedEvents[object]("pricing", self._redis, self._inspection).check()

    async def redemptions(self) -> Findings:
        """Every code's count."""
        count, wrong = await self._inspection.each(self._records.codes(), self._counts)
        return Findings({"codes": count}, tuple(wrong))

    async def _counts(self, codes: Sequence[str]) -> Suspects:
        records = await self._records.records(codes)
        return suspects((code, count_is_right(record)) for code, record in records.items())


def count_is_right(record: CodeRecord) -> Iterator[Discrepancy]:
    """A code's count is that of its steps, and within its limit."""
    keys = (record.key,)
    if record.redeemed != record.standing:
        what = f"{record.redeemed} redemptions are counted, {record.standing} steps stand."
        yield Discrepancy("count_differs", keys, what)
    if record.rule is None:
        yield Discrepancy("code_unknown", keys, f"It was redeemed {record.redeemed} times.")
        return
    limit = record.rule.max_redemptions
    if limit is not None and max(record.redeemed, record.standing) > limit:
        what = f"{max(record.redeemed, record.standing)} redemptions of a code for {limit}."
        yield Discrepancy("over_the_limit", keys, what)
