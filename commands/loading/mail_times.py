"""When orders were placed, by their events, and their mails handed over, by their records."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, cast

from redis.asyncio import Redis

from deployments.foundation.events.publishing import Envelope, parse, streams_of
from deployments.notifications.service import CLAIM_SECONDS
from deployments.notifications.store import NotificationsStore
from deployments.orders.events import OrderPlaced

_PAGE = 1000
_RECORDS_AT_ONCE = 50


class MailTimes:
    """Follows what orders publishes and what becomes of it, as notifications' user.

    `own` is notifications' Redis, `at_orders` that of orders. `placed` and `sent` say when, by the
    order's id.
    """

    def __init__(self, own: Redis, at_orders: Redis) -> None:
        self._store = NotificationsStore(own, claim_seconds=CLAIM_SECONDS)
        self._at_orders = at_orders
        self._after: dict[str, str] = {}
        self._unsent: dict[str, Envelope] = {}
        self._slots = asyncio.Semaphore(_RECORDS_AT_ONCE)
        self.placed: dict[str, datetime] = {}
        self.sent: dict[str, datetime] = {}

    async def begin(self) -> None:
        """Regard only what is published from now on."""
        seconds, micros = cast(Any, await self._at_orders.time())
        start = f"{seconds * 1000 + micros // 1000}-0"
        self._after = dict.fromkeys(streams_of("orders"), start)

    async def look(self) -> None:
        """Take in what has happened since the last time."""
        for stream in self._after:
            while await self._read_page(stream) == _PAGE:
                pass
        await asyncio.gather(*(self._ask_for(*each) for each in list(self._unsent.items())))

    async def _read_page(self, stream: str) -> int:
        after = f"({self._after[stream]}"
        entries = cast(Any, await self._at_orders.xrange(stream, min=after, count=_PAGE))
        for entry, fields in entries:
            self._after[stream] = entry
            event = parse(fields)
            if event.type == OrderPlaced.type:
                self.placed[event.subject] = event.time
                self._unsent[event.subject] = event
        return len(entries)

    async def _ask_for(self, order_id: str, event: Envelope) -> None:
        async with self._slots:
            record = await self._store.record(event.id)
        if record.get("state") == "sent":
            self.sent[order_id] = datetime.fromisoformat(record["sent_at"])
            del self._unsent[order_id]
