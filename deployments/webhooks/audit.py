"""The checks of webhooks' own books: what is due is delivered, what was given up is cared for."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.audit.letters import letters_attended
from deployments.foundation.audit.overdue import overdue
from deployments.webhooks.records import WebhookRecords


class WebhooksAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = WebhookRecords(redis)

    async def dispatching(self) -> Findings:
        """Endpoints that somebody should have delivered to."""
        return await overdue(
            self._records.dispatching_due,
            _not_dispatched,
            kind="endpoints",
            redis=self._redis,
            inspection=self._inspection,
        )

    async def dead_letters(self) -> Findings:
        """Deliveries that were given up."""
        return await letters_attended(self._records.dead_letters(), self._redis, self._inspection)


def _not_dispatched(id_: str, late: str) -> Discrepancy:
    what = f"A delivery to it was due {late} ago, and nobody has attempted it."
    return Discrepancy("dispatching_overdue", (WebhookRecords.endpoint_key(id_),), what)
