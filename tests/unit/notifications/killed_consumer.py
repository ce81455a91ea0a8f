"""A process that consumes for notifications, and kills itself at a point that it is told.

python -m tests.unit.notifications.killed_consumer SOCKET PASSWORD SMTP_URL POINT
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime

from redis.asyncio import Redis

from deployments.foundation.placement.composition import Composition
from deployments.notifications.consumers import NotificationsConsumers
from deployments.notifications.domain import MailNotice
from deployments.notifications.mailer import Mailer, SmtpMailer
from deployments.notifications.service import CLAIM_SECONDS, NotificationsService
from deployments.notifications.store import SERVICE, NotificationsStore, Start
from tests.conftest import ClientOf
from tests.unit.notifications.composed_notifications import ComposedNotifications

POINTS = ("before it begins", "before it sends", "before it notes", "before it acknowledges")


class KillingStore(NotificationsStore):
    """A store whose user dies, as `kill -9` has it, at one point."""

    def __init__(self, redis: Redis, point: str) -> None:
        super().__init__(redis, claim_seconds=CLAIM_SECONDS)
        self._point = point

    async def begin(self, notice: MailNotice, sender: str, address_id: str) -> Start:
        self._die("before it begins")
        start = await super().begin(notice, sender, address_id)
        self._die("before it sends")
        return start

    async def sent(self, notice: MailNotice, sender: str, at: datetime) -> None:
        self._die("before it notes")
        await super().sent(notice, sender, at)
        self._die("before it acknowledges")

    def _die(self, point: str) -> None:
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


class KilledNotifications(ComposedNotifications):
    """Notifications upon such a store."""

    def __init__(self, redis_of: ClientOf, mailer: Mailer, point: str) -> None:
        super().__init__(redis_of, mailer)
        self.store = KillingStore(redis_of(SERVICE), point)

    def composed(self) -> Composition:
        service = NotificationsService(self.store, self.outlet, self.clock)
        return replace(
            super().composed(),
            service=service,
            subscriptions=NotificationsConsumers(service).subscriptions(),
        )


async def main(socket: str, password: str, smtp_url: str, point: str) -> None:
    """Consume until the end."""

    def redis_of(service: str) -> Redis:
        return Redis(
            unix_socket_path=socket, username=service, password=password, decode_responses=True
        )

    await KilledNotifications(redis_of, SmtpMailer(smtp_url), point).consumer().run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
