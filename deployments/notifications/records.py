"""What is stored of mails, record by record, as the audit may read it."""

from __future__ import annotations

from datetime import datetime

from redis.asyncio import Redis

from deployments.foundation.audit.overdue import DueRecords, moment
from deployments.foundation.redis.connection import names
from deployments.notifications.store import mail_key


class MailRecords:
    """Mails of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @staticmethod
    def mail_key(event: str) -> str:
        """Where the mail about an event is, for messages."""
        return mail_key(event)

    async def sending_due(self, until: datetime) -> DueRecords:
        """Mails that are being sent, and which senders should have been done with by then.

        Reads every mail that is on record.
        """
        sending, due = 0, dict[str, datetime]()
        async for events in names(self._redis, mail_key("")):
            async with self._redis.pipeline(transaction=False) as pipe:
                for event in events:
                    pipe.hmget(mail_key(event), ["state", "ends"])
                found = await pipe.execute()
            for event, (state, ends) in zip(events, found, strict=True):
                sending += state == "sending"
                if state == "sending" and moment(int(ends or 0)) <= until:
                    due[event] = moment(int(ends or 0))
        return DueRecords(sending, due)
