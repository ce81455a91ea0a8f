"""What a service declares in its `consumers.py`: whose events it handles, and how.

    class ShippingConsumers:
        def __init__(self, service: ShippingService) -> None:
            self._service = service

        def subscriptions(self) -> list[Subscription]:
            return [Subscription("carts", {LineAdded: self._estimate})]

        async def _estimate(self, envelope: Envelope) -> None:
            line = event_of(envelope, LineAdded)
            await self._service.estimate(EstimateDelivery(event=envelope.id, cart_id=line.cart_id))

A handler gets the events of one subject one after another, in their order, and every event at
least once: again after a crash, after a failure, and when an operator replays it. So it hands the
event's id on to a script that takes effect, which begins with foundation's `inbox.lua`:

    -- KEYS: inbox, estimate, then the streams. ARGV: …
    if event_seen(KEYS[1]) then return end
    redis.call('SET', KEYS[2], ARGV[1])
    event_done(KEYS[1])

with `inbox_key(SERVICE, event_id)` as its key. A handler that raises, or takes longer than
`handler_seconds`, is called again after growing pauses, in which later events of the same subject
wait and all others go on; after `attempts` of them the event becomes a dead letter, and the
subject goes on without it. With `NonRetryableError` it becomes one at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from deployments.foundation.events.publishing import Envelope, Event
from deployments.foundation.values.backoff import Backoff

_BACKOFF = Backoff(first=1.0, longest=300.0)

Handler = Callable[[Envelope], Awaitable[None]]
"""Handles one event. What it raises counts as a failed attempt."""


class NonRetryableError(Exception):
    """A retry would not help, as long as nobody mends what the message names."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often an event is tried, and the pauses between."""

    attempts: int = 12
    backoff: Backoff = _BACKOFF

    def pause(self, failures: int) -> float | None:
        """The seconds to wait after so many failures in a row; none when there were enough."""
        return None if failures >= self.attempts else self.backoff.after(failures)

    def lasts(self, handler_seconds: float) -> float:
        """The seconds after which an event has taken effect or is a dead letter, at most, if it
        waits behind no other."""
        pauses = sum(self.backoff.after(failures) for failures in range(1, self.attempts))
        return pauses + self.attempts * handler_seconds


@dataclass(frozen=True)
class Subscription:
    """Handlers of one publisher's events, by the class that the publisher's `events.py` declares.

    Events of other types are acknowledged unread. A new subscription begins with the oldest event
    that the publisher still keeps. With `gather_seconds` new ones are fetched together, no more
    often than that.
    """

    publisher: str
    handlers: Mapping[type[Event], Handler]
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    handler_seconds: float = 30.0
    gather_seconds: float | None = None

    def handler_of(self, event_type: str) -> Handler | None:
        """Who handles a CloudEvents type."""
        return next((h for event, h in self.handlers.items() if event.type == event_type), None)


def inbox_key(service: str, event_id: str) -> str:
    """What a script is told of an event's place in the inbox; see `inbox.lua`."""
    return f"{{{service}}}:inbox:{event_id}"


def inbox_place(service: str, event_id: str) -> tuple[str, str]:
    """Where a service notes that an event took effect: a hash and its field."""
    bucket = hashlib.sha1(event_id.encode(), usedforsecurity=False).hexdigest()[:2]
    return inbox_key(service, bucket), event_id
