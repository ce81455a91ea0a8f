"""What a service has published, for tests of any service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from redis.asyncio import Redis

from commands.published_events import publishers
from deployments.foundation.events.publishing import Envelope, Event, event_of, parse, streams_of


async def published(redis: Redis, service: str, *types: str) -> list[Envelope]:
    """All events of a service (of these types, if any are given); a subject's in their order.

    Fails unless every subject's events are numbered 1, 2, 3… in the order of its stream, and are
    as the service's `events.py` declares them.
    """
    events: list[Envelope] = []
    for stream in streams_of(service):
        events += [parse(entry) for entry in await entries_of(redis, stream)]
    _check_numbers(events)
    if service in publishers():
        _check_events(publishers()[service], events)
    return [event for event in events if not types or event.type in types]


async def entries_of(redis: Redis, stream: str) -> list[dict[str, str]]:
    """What lies on a stream, oldest first."""
    entries = cast(list[tuple[str, dict[str, str]]], await redis.xrange(stream))
    return [fields for _, fields in entries]


def _check_numbers(events: Iterable[Envelope]) -> None:
    last: dict[str, int] = {}
    for event in events:
        expected = last.get(event.subject, 0) + 1
        assert event.sequence == expected, f"{event.type} of {event.subject} is out of order"
        last[event.subject] = expected


def _check_events(declared: Iterable[type[Event]], events: Iterable[Envelope]) -> None:
    kinds = {kind.type: kind for kind in declared}
    for envelope in events:
        kind = kinds[envelope.type]
        event = event_of(envelope, kind)
        assert envelope.subject == getattr(event, kind.subject)
        assert set(envelope.data) <= set(kind.model_fields), (
            f"{envelope.type} tells more than it declares"
        )
