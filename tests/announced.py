"""What a room has announced, for tests of any room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from redis.asyncio import Redis

from commands.announcements import publishers
from deployments.foundation.events import Envelope, Event, fact_of, parse, streams_of


async def announced(redis: Redis, service: str, *types: str) -> list[Envelope]:
    """All events of a room (of these types, if any are given); a subject's in their order.

    Fails unless every subject's events are numbered 1, 2, 3… in the order of its stream, and are
    as the room's `events.py` declares them.
    """
    events: list[Envelope] = []
    for stream in streams_of(service):
        events += [parse(entry) for entry in await entries_of(redis, stream)]
    _check_numbers(events)
    if service in publishers():
        _check_facts(publishers()[service], events)
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


def _check_facts(declared: Iterable[type[Event]], events: Iterable[Envelope]) -> None:
    kinds = {kind.type: kind for kind in declared}
    for event in events:
        kind = kinds[event.type]
        fact = fact_of(event, kind)
        assert event.subject == getattr(fact, kind.subject)
        assert set(event.data) <= set(kind.model_fields), (
            f"{event.type} tells more than it declares"
        )
