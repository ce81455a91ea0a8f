"""What follows purchases: waited for until nothing is left to do, and counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from redis.asyncio import Redis

from commands.bench.measuring import latency
from commands.bench.results import Following, Measurement
from commands.bench.stores.backlog import Reading, Watcher
from commands.bench.stores.processes import used_between
from commands.loading.figures import lags
from commands.loading.mail_times import MailTimes
from commands.loading.webhook_receiver import WebhookReceiver
from deployments.foundation.http.authentication import DEVELOPMENT_KEY


class Follower:
    """Follows the purchases of one store to their mails and webhooks."""

    def __init__(self, watcher: Watcher, mails: MailTimes, receiver: WebhookReceiver) -> None:
        self._watcher, self._mails, self._receiver = watcher, mails, receiver

    async def follow(self, bought: Measurement, before: Reading) -> Following:
        """What came of what was bought from that moment on."""
        after = await self._watcher.settled()
        await self._mails.look()
        placed = self._mails.placed
        orders = sorted(placed, key=placed.__getitem__)[-bought.units.count :]
        return Following(
            connections=bought.connections,
            purchases=bought.units.count,
            buying=bought.seconds,
            drained=max(0.0, after.at - before.at - bought.seconds),
            events=after.events - before.events,
            cpu=used_between(before.cpu, after.cpu),
            redis=after.redis.since(before.redis).for_each_of(bought.units.count),
            mail=latency(lags(orders, placed, self._mails.sent)),
            webhook=latency(lags(orders, placed, self._receiver.received)),
        )


@asynccontextmanager
async def receiving(url: str) -> AsyncIterator[WebhookReceiver]:
    """An endpoint that the store tells of its orders, for as long as it lasts."""
    receiver = WebhookReceiver()
    async with (
        receiver.listening() as endpoint,
        httpx.AsyncClient(base_url=url, headers={"X-API-Key": DEVELOPMENT_KEY}) as client,
    ):
        registered = await client.post("/webhooks", json={"url": endpoint})
        registered.raise_for_status()
        yield receiver
        # The store ends with its turn: nothing is to be taken back.


async def mail_times(client: Callable[[str], Redis]) -> MailTimes:
    """Of mails that are sent from now on."""
    times = MailTimes(client("notifications"), client("notifications"))
    await times.begin()
    return times
