"""`fieldhouse load`: how much the running store takes, and how soon mail and webhooks follow.

Buyers buy as fast as they are answered, more of them from level to level. After each level the
mails and webhooks of its orders are waited for, so that the next one begins with nothing left over.
The store must be on this machine and run with `FIELDHOUSE_RATE_LIMITS=off`; webhooks are measured
if it also allows them on the loopback. What is bought stays bought.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated

import httpx
import typer

from commands.exit_status import OK
from commands.loading.buyers import Buyers, plentiful
from commands.loading.display import LevelProgress, show
from commands.loading.figures import LoadLevel, lags
from commands.loading.mail_times import MailTimes
from commands.loading.webhook_receiver import WebhookReceiver
from commands.page import ConsolePage, wide_page
from commands.storefront import StoreError, Storefront, connect, said_no
from deployments.foundation.redis.connection import client

LEVELS = (1, 2, 4, 8, 16, 32)
MOST_SILENT_SECONDS = 60.0
"""How long nothing may come of mails and webhooks before they are not waited for any more."""
_LOOK_SECONDS = 0.2
_TRIES = 2


class LoadRun:
    """One measurement."""

    def __init__(
        self,
        buyers: Buyers,
        mails: MailTimes,
        receiver: WebhookReceiver | None,
        progress: LevelProgress,
    ) -> None:
        self._buyers, self._mails = buyers, mails
        self._receiver, self._progress = receiver, progress

    async def run(self, levels: Sequence[int], seconds: float) -> list[LoadLevel]:
        """The levels one after another, `seconds` in all and what it takes to drain them."""
        await self._mails.begin()
        return [await self._level(LoadLevel(buyers), seconds / len(levels)) for buyers in levels]

    async def _level(self, level: LoadLevel, seconds: float) -> LoadLevel:
        self._progress.begin(level)
        shopping = asyncio.create_task(self._buyers.shop(level, seconds))
        while not shopping.done():
            await asyncio.wait([shopping], timeout=_LOOK_SECONDS)
            await self._look(level)
            self._progress.progress(level, draining=False)
        await shopping
        await self._drain(level)
        self._progress.done(level)
        return level

    async def _drain(self, level: LoadLevel) -> None:
        began = last = time.monotonic()
        while left := await self._look(level):
            self._progress.progress(level, draining=True)
            await asyncio.sleep(_LOOK_SECONDS)
            if await self._look(level) < left:
                last = time.monotonic()
            elif time.monotonic() - last > MOST_SILENT_SECONDS:
                level.trouble["mails or webhooks that never came"] += left
                break
        level.drained = time.monotonic() - began

    async def _look(self, level: LoadLevel) -> int:
        """Take in what has happened; how many mails and webhooks have not come yet."""
        await self._mails.look()
        placed, orders = self._mails.placed, level.orders
        level.mailed = lags(orders, placed, self._mails.sent)
        missing = len(orders) - len(level.mailed)
        if self._receiver is not None:
            level.delivered = lags(orders, placed, self._receiver.received)
            missing += len(orders) - len(level.delivered)
        return missing


def on_this_machine(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client. Raises `StoreError` if it would load a store elsewhere."""
    host = client.base_url.host
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise StoreError(f"Only a store on this machine is loaded, not one at {host}.")
    return client


@asynccontextmanager
async def webhooks(
    shop: httpx.AsyncClient, page: ConsolePage
) -> AsyncIterator[WebhookReceiver | None]:
    """An endpoint that is registered meanwhile; none if the store does not want it."""
    receiver = WebhookReceiver()
    async with receiver.listening() as url:
        answer = await shop.post("/webhooks", json={"url": url})
        if answer.is_error:
            page.say(
                f"Webhooks are not measured: {said_no(answer)} A store that is started with"
                " FIELDHOUSE_WEBHOOKS_LOOPBACK=allow sends them to this machine.",
                "yellow",
            )
            yield None
            return
        try:
            yield receiver
        finally:
            await shop.delete(f"/webhooks/{answer.json()['id']}")


async def measure(page: ConsolePage, levels: Sequence[int], seconds: float) -> None:
    """Load the store, and print what came of it."""
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(on_this_machine(connect()))
        await Storefront(shop, lambda _: None).reach()
        own, at_orders = (client("notifications", at=at, retries=_TRIES) for at in (None, "orders"))
        stack.push_async_callback(own.aclose)
        stack.push_async_callback(at_orders.aclose)
        receiver = await stack.enter_async_context(webhooks(shop, page))
        load = LoadRun(
            Buyers(shop, plentiful()), MailTimes(own, at_orders), receiver, LevelProgress(page)
        )
        show(page, await load.run(levels, seconds))


def load(
    seconds: Annotated[
        float, typer.Option(min=1, max=86400, help="How long to buy, all levels together.")
    ] = 60,
    buyers: Annotated[
        list[int] | None,
        typer.Option(min=1, max=1000, help="Buyers at once, once for each level. [1 to 32]"),
    ] = None,
) -> int:
    """Buy as fast as the running store can sell."""
    asyncio.run(measure(wide_page(), buyers or LEVELS, seconds))
    return OK
