"""What is stored of webhooks, as the audit may read it."""

from __future__ import annotations

from datetime import datetime

from redis.asyncio import Redis

from deployments.foundation.audit.overdue import DueRecords, due_in
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.webhooks.store import DELIVERIES, READY, SERVICE, endpoint_key


class WebhookRecords:
    """Webhooks of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @staticmethod
    def endpoint_key(id_: str) -> str:
        """Where an endpoint is, for messages."""
        return endpoint_key(id_)

    def dead_letters(self) -> DeadLetters:
        """Deliveries that were given up."""
        return DeadLetters(SERVICE, self._redis, DELIVERIES)

    async def dispatching_due(self, until: datetime) -> DueRecords:
        """Endpoints with something to deliver, and for which of them that was due by then."""
        return await due_in(self._redis, READY, until)
