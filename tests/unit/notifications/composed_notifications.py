"""Notifications, composed as it runs, and its consumer upon the streams of those that publish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from jinja2 import BaseLoader
from redis.asyncio import Redis

from deployments.foundation.events.consumer import Consumer
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.keys import leases_key, readers_key
from deployments.foundation.events.publishing import Event, occasion, streams_of
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.placement.composition import Composition
from deployments.foundation.placement.host import nowhere
from deployments.foundation.redis.connection import script
from deployments.notifications.deployment import compose
from deployments.notifications.mailer import Mailer
from deployments.notifications.renderer import MailRenderer
from deployments.notifications.service import CLAIM_SECONDS, NotificationsService, Outlet
from deployments.notifications.store import SERVICE, NotificationsStore
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.published_events import entries_of

SENDER = "Fieldhouse <store@fieldhouse.example>"
LINKS = "https://store.example/mail/unsubscribe"
PUBLISHERS = ("orders", "payments", "carts")


async def shortened(seconds: float) -> None:
    """Pauses that grow as they do in production, ten thousand times as fast."""
    await asyncio.sleep(seconds / 10_000)


FAST_OPTIONS = ConsumerOptions(
    renew_seconds=0.05, block_seconds=0.05, recovery_seconds=0.01, sleep=shortened
)
"""Leases and claims outlast a test: only `let_time_pass` ends those of the dead."""


class ComposedNotifications:
    """Notifications upon one Redis, with the mailer, templates and clock that a test gives it."""

    def __init__(self, redis_of: ClientOf, mailer: Mailer) -> None:
        self.redis_of, self.mailer = redis_of, mailer
        self.links: str | None = LINKS
        self.templates: BaseLoader | None = None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.store = NotificationsStore(redis_of(SERVICE), claim_seconds=CLAIM_SECONDS)
        self.dead_letters = DeadLetters(SERVICE, redis_of(SERVICE))

    @property
    def outlet(self) -> Outlet:
        """How mails leave."""
        return Outlet(MailRenderer(SENDER, self.templates), self.mailer, self.links)

    def composed(self) -> Composition:
        """A process's service."""
        return compose(self.redis_of(SERVICE), nowhere, clock=self.clock, outlet=self.outlet)

    def service(self) -> NotificationsService:
        """What answers a process's calls."""
        return cast(NotificationsService, self.composed().service)

    def consumer(self) -> Consumer:
        """A process that consumes."""
        own, subscriptions = self.redis_of(SERVICE), self.composed().subscriptions
        return Consumer(
            SERVICE, own, lambda _: self.redis_of(SERVICE), subscriptions, options=FAST_OPTIONS
        )

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[None]:
        """While a consumer runs. It ends as if its process were killed, but for detached work."""
        await self._lapse_leases()
        task = asyncio.create_task(self.consumer().run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def let_time_pass(self) -> None:
        """As much as it takes until the dead count as dead."""
        await self._lapse_leases()
        redis: Any = self.redis_of(SERVICE)
        async for key in redis.scan_iter("{notifications}:mail:*"):
            if await redis.hexists(key, "ends"):
                await redis.hset(key, "ends", 0)

    async def _lapse_leases(self) -> None:
        redis: Any = self.redis_of(SERVICE)
        for publisher in PUBLISHERS:
            key = leases_key(SERVICE, publisher)
            for partition, lease in (await redis.hgetall(key)).items():
                await redis.hset(key, partition, json.dumps({**json.loads(lease), "until": 0}))
            await redis.delete(readers_key(SERVICE, publisher))

    async def publish(self, event: Event) -> str:
        """As the event's publisher would; the event's id."""
        publisher = type(event).type.split(".")[2]
        redis = self.redis_of(publisher)
        say = script(redis, Path(__file__).parent / "publish.lua", "publish")
        said = occasion(publisher, datetime.now(UTC))
        subject = getattr(event, event.subject)
        await say(
            keys=[f"{{{publisher}}}:counters", *streams_of(publisher)],
            args=[event.type, subject, event.model_dump_json(), said],
        )
        return f"{json.loads(said)['id']}_1"

    async def publish_again(self) -> None:
        """All that orders published, under the same ids."""
        redis: Any = self.redis_of("orders")
        for stream in streams_of("orders"):
            for fields in await entries_of(redis, stream):
                await redis.xadd(stream, fields)

    async def settled(self) -> None:
        """Until every event that was published is acknowledged."""
        await eventually(self._is_settled)

    async def _is_settled(self) -> bool:
        for publisher in PUBLISHERS:
            redis: Redis = self.redis_of(publisher)
            for stream in streams_of(publisher):
                if not await redis.exists(stream):
                    continue
                groups = await redis.xinfo_groups(stream)
                if not groups or any(group["pending"] or group["lag"] for group in groups):
                    return False
        return True
