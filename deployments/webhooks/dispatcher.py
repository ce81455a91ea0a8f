"""Makes deliveries as they fall due, many at once, beside other processes that do the same.

A delivery that is due is claimed for longer than an attempt can take. If a process dies, its claims
lapse. One that was held up finds by its own clock that they have, and sends nothing; what it
records under an old claim is refused. So an order's deliveries to an endpoint never
overlap, but one whose answer was not written down is made again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from redis.exceptions import RedisError

from deployments.foundation.values.clock import Clock, utc_now
from deployments.foundation.values.spans import Span
from deployments.foundation.values.trace import tracing
from deployments.webhooks.client import ATTEMPT_SECONDS, WebhookClient
from deployments.webhooks.domain import (
    DeliveryAttempt,
    DeliveryOutcome,
    WebhookDelivery,
    at_random,
    judge,
)
from deployments.webhooks.store import SERVICE, Claim, WebhooksStore

CLAIM_SECONDS = 3 * ATTEMPT_SECONDS
"""When a process counts as dead: later than any attempt ends."""
AT_ONCE = 256
"""How many attempts a process makes at once. `queues.lua` shares them out."""
_log = logging.getLogger(__name__)


class DeliveryObserver(Protocol):
    """Counts attempts."""

    def attempted(self, outcome: DeliveryOutcome, seconds: float) -> None:
        """An attempt ended so, so long after the event was queued."""


class NullDeliveryObserver:
    """Counts nothing."""

    def attempted(self, outcome: DeliveryOutcome, seconds: float) -> None:
        """Not counted."""


class Dispatcher:
    """Claims deliveries, attempts them, and records the outcome: `tick` and `rest` in turn."""

    def __init__(
        self,
        store: WebhooksStore,
        webhook_client: WebhookClient,
        *,
        observer: DeliveryObserver | None = None,
        at_once: int = AT_ONCE,
        clock: Clock = utc_now,
    ) -> None:
        self._store, self._webhook_client = store, webhook_client
        self._observer = observer or NullDeliveryObserver()
        self._at_once, self._clock = at_once, clock
        self._attempts: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._next_in = 0.0
        self._stopping = False

    def wake(self) -> None:
        """Something may be due: end `rest`."""
        self._woken.set()

    async def tick(self) -> bool:
        """Begin what is due. Returns whether more may be. One round trip."""
        self._woken.clear()
        wanted = self._at_once - len(self._attempts)
        if self._stopping or wanted <= 0:
            # An attempt that ends wakes the dispatcher; until then there is nothing to look for.
            self._next_in = float("inf")
            return False
        now = self._clock()
        claims, next_at = await self._store.claim(wanted, now)
        for claim in claims:
            task = asyncio.create_task(self._attempt(claim), name=f"webhook {claim.delivery.id}")
            self._attempts.add(task)
            task.add_done_callback(self._ended)
        self._next_in = float("inf") if next_at is None else (next_at - now).total_seconds()
        return self._next_in <= 0 and len(claims) < wanted

    async def rest(self, seconds: float) -> None:
        """Wait so many seconds, or until something is due."""
        # Yields in any case: waiting for an event that is set already does not.
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(max(0.0, min(seconds, self._next_in))):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _attempt(self, claim: Claim) -> None:
        if self._store.holds(claim):
            with tracing(claim.delivery.trace), Span(SERVICE, "deliver webhook") as span:
                await self._make(claim, span)

    async def _make(self, claim: Claim, span: Span) -> None:
        attempt = await self._send(claim.delivery)
        now = self._clock()
        outcome = judge(claim.delivery, attempt, now, at_random())
        if outcome.verdict != "sent":
            span.fail(attempt.describe())
        if await self._store.finish(claim, outcome, attempt.describe(), now):
            self._tell(claim.delivery, attempt, outcome)

    async def _send(self, delivery: WebhookDelivery) -> DeliveryAttempt:
        try:
            return await self._webhook_client.attempt(delivery)
        except Exception as bug:  # noqa: BLE001 - it must become a dead letter, not a loop.
            _log.exception("webhook %s to %s could not be sent", delivery.id, delivery.endpoint)
            return DeliveryAttempt(None, f"the store failed: {type(bug).__name__}")

    def _tell(
        self, delivery: WebhookDelivery, attempt: DeliveryAttempt, outcome: DeliveryOutcome
    ) -> None:
        seconds = (self._clock() - delivery.source.at).total_seconds()
        self._observer.attempted(outcome, seconds)
        if outcome.verdict != "sent":
            level = logging.INFO if outcome.verdict == "retry" else logging.WARNING
            what = (delivery.id, delivery.endpoint, outcome.verdict, attempt.describe())
            _log.log(level, "webhook %s to %s: %s, %s", *what)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        self.wake()
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, (RedisError, OSError)):
            _log.warning("%s: its claim is left to lapse: %s", task.get_name(), failure)
        elif failure is not None:
            _log.error("%s: its claim is left to lapse", task.get_name(), exc_info=failure)

    async def stop(self) -> None:
        """Begin nothing more, and let attempts that are under way finish."""
        self._stopping = True
        while self._attempts:
            await asyncio.wait(set(self._attempts))

    async def abandon(self) -> None:
        """End as a crash would: nothing is finished, nothing recorded."""
        self._stopping = True
        for task in self._attempts:
            task.cancel()
        await self.stop()
