"""The check of notifications' own books: a mail that was begun is sent, or given up."""

from __future__ import annotations

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.audit.overdue import overdue
from deployments.notifications.records import MailRecords


class NotificationsAudit:
    """The check, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = MailRecords(redis)

    async def sending(self) -> Findings:
        """Mails whose sender should have been done, and after whom nobody has tried again."""
        return await overdue(
            self._records.sending_due,
            _not_sent,
            kind="mails",
            redis=self._redis,
            inspection=self._inspection,
        )


def _not_sent(event: str, late: str) -> Discrepancy:
    what = f"Its sender should have been done {late} ago, and nobody has tried again."
    return Discrepancy("mail_overdue", (MailRecords.mail_key(event),), what)
