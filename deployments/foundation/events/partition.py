"""One partition while its lease lasts: a queue of events for each subject.

A queue hands its events to their handlers one after another, and waits where one has failed; other
queues go on. A queue ends when it is empty, or when the partition is handed over.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from deployments.foundation.events.cancellation import heed_cancellation
from deployments.foundation.events.error_text import error_text, traceback_text
from deployments.foundation.events.journal import EventDelivery, Failure, Journal
from deployments.foundation.events.leases import Lease, LeaseLostError
from deployments.foundation.events.observer import Observer
from deployments.foundation.events.publishing import ENTRY_FIELD, Envelope, parse
from deployments.foundation.events.subscriptions import Handler, NonRetryableError, Subscription
from deployments.foundation.rpc.deadline import within
from deployments.foundation.values.spans import Span
from deployments.foundation.values.trace import tracing

_log = logging.getLogger(__name__)


class NoEventError(NonRetryableError):
    """An entry of a stream is no event that the subscriber handles."""


@dataclass(frozen=True)
class PartitionContext:
    """What the queues of one publisher's partitions have in common."""

    service: str
    subscription: Subscription
    journal: Journal
    observer: Observer
    slots: asyncio.Semaphore
    """Limits how many handlers run at once."""
    start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    """Starts a queue, whose failure ends the reader's session."""
    sleep: Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class _Event:
    delivery: EventDelivery
    envelope: Envelope | None
    """None if the entry is no event."""
    handler: Handler | None


class Partition:
    """The events of one partition that were read here and are not settled."""

    def __init__(
        self,
        stream: str,
        lease: Lease,
        work: PartitionContext,
        failing: dict[str, Failure] | None = None,
    ) -> None:
        self.stream, self.lease = stream, lease
        self.cursor = "0"
        """The last event that was read; the next read begins after it."""
        self.caught_up = False
        """Whether its pending list has been read to its end."""
        self.closing = False
        self._work = work
        self._failing = failing or {}
        self._queues: dict[str, deque[_Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()
        self._letters: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many events are in the queues."""
        return sum(map(len, self._queues.values()))

    def accept(self, entries: Iterable[tuple[str, dict[str, str] | None]]) -> None:
        """Put pending events that come after the cursor into their queues, in their order."""
        unread = []
        for entry, fields in entries:
            self.cursor = entry
            text = (fields or {}).get(ENTRY_FIELD, "")
            event = self._event(EventDelivery(self.lease.partition, entry, text))
            if event.envelope is not None and event.handler is None:
                unread.append(entry)
            else:
                self._enqueue(event)
        if unread:
            self._work.journal.acknowledgements.add(self.stream, unread)

    def replay(self, deliveries: Iterable[EventDelivery]) -> None:
        """Put dead letters into the queues of their subjects, behind what is there."""
        for delivery in deliveries:
            if delivery.letter and delivery.letter not in self._letters and not self.closing:
                self._letters.add(delivery.letter)
                self._enqueue(self._event(delivery))

    def _event(self, delivery: EventDelivery) -> _Event:
        try:
            envelope = parse({ENTRY_FIELD: delivery.text})
        except ValidationError:
            return _Event(delivery, None, None)
        return _Event(delivery, envelope, self._work.subscription.handler_of(envelope.type))

    def _enqueue(self, event: _Event) -> None:
        subject = event.envelope.subject if event.envelope else f"no event {event.delivery.name}"
        if subject in self._queues:
            self._queues[subject].append(event)
            return
        self._queues[subject] = deque([event])
        task = self._work.start(self._queue(subject))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _queue(self, subject: str) -> None:
        events = self._queues[subject]
        try:
            while events and await self._bring(events[0]):
                self._letters.discard(events.popleft().delivery.letter or "")
        except LeaseLostError as lost:
            if not self.closing:
                _log.warning("%s: its lease is lost (%s)", self.stream, lost)
            self.closing = True
        if not events:
            del self._queues[subject]

    async def _bring(self, event: _Event) -> bool:
        """Bring an event to its effect or to the dead letters; false if that is left to others."""
        failure = self._failing.get(event.delivery.name, Failure())
        while not failure.dead:
            heed_cancellation()
            if self.closing:
                return False
            if failure.seconds:
                await self._idly(self._work.sleep(failure.seconds))
            await self._idly(self._work.slots.acquire())
            try:
                again = await self._attempt(event, failure)
                if again is None:
                    await self._settle(event)
                    return True
            finally:
                self._work.slots.release()
            failure = again
        await self._settle(event, dead=True)
        return True

    async def _idly(self, something: Awaitable[object]) -> None:
        """Wait for something, but no longer than the partition is kept."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a queue is a task.
        self._idle.add(task)
        try:
            await something
        finally:
            self._idle.discard(task)

    async def _attempt(self, event: _Event, before: Failure) -> Failure | None:
        """Handle the event once. Returns the failure, if it failed."""
        self.lease.check()
        try:
            await self._call(event)
        except Exception as why:  # noqa: BLE001 - whatever it was, it is tried again or kept.
            failure = await self._failed(event, before.attempts + 1, why)
            self._failing[event.delivery.name] = failure
            return failure
        self._work.observer.handled(self._work.subscription.publisher)
        return None

    async def _call(self, event: _Event) -> None:
        if event.envelope is None or event.handler is None:
            raise NoEventError("this is no event that the subscriber handles")
        envelope, service = event.envelope, self._work.service
        with (
            tracing(envelope.traceparent),
            Span(service, f"process {envelope.type}", "consumer") as span,
        ):
            span.attributes["messaging.message.id"] = envelope.id
            async with within(self._work.subscription.handler_seconds):
                try:
                    await event.handler(event.envelope)
                except Exception as why:
                    span.fail(type(why).__name__)
                    raise
                except asyncio.CancelledError as cancelled:
                    task = asyncio.current_task()
                    if task is None or task.cancelling():
                        raise
                    raise RuntimeError("the handler was cancelled from within") from cancelled

    async def _failed(self, event: _Event, attempts: int, why: Exception) -> Failure:
        """Record the failure. The traceback is logged only when the event is given up."""
        subscription, observer = self._work.subscription, self._work.observer
        pause = None if isinstance(why, NonRetryableError) else subscription.retry.pause(attempts)
        failure = await self._work.journal.failed(self.lease, event.delivery, attempts, pause, why)
        what = (self.stream, event.delivery.name, attempts)
        if failure.dead:
            observer.given_up(subscription.publisher)
            _log.error("%s: event %s is given up after %s attempts\n%s", *what, traceback_text(why))
        else:
            observer.failed(subscription.publisher)
            _log.warning("%s: event %s failed %s times: %s", *what, error_text(why))
        return failure

    async def _settle(self, event: _Event, *, dead: bool = False) -> None:
        delivery, journal = event.delivery, self._work.journal
        failed = self._failing.pop(delivery.name, None) is not None
        if delivery.letter is not None:
            if not dead:
                await journal.replayed(delivery)
        elif failed:
            # Before its failures are forgotten: what was given up must not begin again.
            await journal.acknowledgements.now(self.stream, [delivery.entry])
        else:
            journal.acknowledgements.add(self.stream, [delivery.entry])
        if failed:
            await journal.forget(self.lease.partition, [delivery.name])

    async def close(self) -> None:
        """Let handlers that are running finish, and start no others."""
        self.closing = True
        for task in self._idle:
            task.cancel()
        await self._ended()

    async def abandon(self) -> None:
        """Stop at once: another process has the partition."""
        self.closing = True
        for task in self._tasks:
            task.cancel()
        await self._ended()

    async def _ended(self) -> None:
        while self._tasks:
            await asyncio.wait(set(self._tasks))
