"""A service's event streams, read to their ends: every event is well-formed, in place and in turn.

Whoever reads on gets the events since; the state that they publish is read in between.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from pydantic import ValidationError
from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy
from deployments.foundation.events.publishing import Envelope, parse, stream_of, streams_of
from deployments.foundation.values.partitions import partition_of

_PAGE = 500
_BEGINNING = "0-0"
_Entry = tuple[str, dict[str, str]]


class StreamEvent(NamedTuple):
    """An entry of a stream; `envelope` is none where its event cannot be read."""

    stream: str
    entry: str
    envelope: Envelope | None

    @property
    def key(self) -> str:
        """How a discrepancy names it."""
        return f"{self.stream} {self.entry}"


@dataclass
class _StreamReading:
    """One stream, as far as it was read."""

    name: str
    position: str = _BEGINNING
    last: dict[str, int] = field(default_factory=dict)
    """The number of the last event about each subject."""
    headless: list[Discrepancy] = field(default_factory=list)
    """First events that are not no. 1, which is in order where the stream was trimmed."""
    is_trimmed: bool = False
    is_torn: bool = False
    """Whether single events were deleted, which nobody may."""


class EventStreams:
    """All streams of a service."""

    def __init__(self, service: str, redis: Redis) -> None:
        self._service, self._redis = service, redis
        self._names = streams_of(service)
        self._streams = {name: _StreamReading(name) for name in self._names}
        self._wrong: list[Discrepancy] = []
        self.count = 0

    async def news(self) -> AsyncIterator[list[StreamEvent]]:
        """The events since the last reading up to now, in pages; each is held to the rules."""
        for stream in self._streams.values():
            newest = cast(list[_Entry], await self._redis.xrevrange(stream.name, count=1))
            while newest and (page := await self._page(stream, newest[0][0])):
                events = [StreamEvent(stream.name, id_, _read(fields)) for id_, fields in page]
                stream.position = page[-1][0]
                self._take(stream, events)
                yield events
            if newest:
                info = await self._redis.xinfo_stream(stream.name)
                stream.is_trimmed = info["entries-added"] != info["length"]
                stream.is_torn = info["max-deleted-entry-id"] != _BEGINNING

    async def _page(self, stream: _StreamReading, until: str) -> list[_Entry]:
        after = f"({stream.position}"
        page = await self._redis.xrange(stream.name, after, until, count=_PAGE)
        return cast(list[_Entry], page)

    def _take(self, stream: _StreamReading, events: Sequence[StreamEvent]) -> None:
        self.count += len(events)
        for event in events:
            self._wrong += event_is_in_place(event, self._service)
            if event.envelope is not None:
                subject = event.envelope.subject
                wrong = event_is_in_turn(event.key, event.envelope, stream.last.get(subject))
                (self._wrong if subject in stream.last else stream.headless).extend(wrong)
                stream.last[subject] = event.envelope.sequence

    def number_of(self, subject: str) -> int | None:
        """The number of the last event about a subject; none where it may have been trimmed."""
        stream = self._streams[self._names[partition_of(subject)]]
        return stream.last.get(subject, None if stream.is_trimmed else 0)

    def wrong(self) -> list[Discrepancy]:
        """What is wrong with the streams themselves."""
        found = list(self._wrong)
        for stream in self._streams.values():
            found += [] if stream.is_trimmed else stream.headless
            if stream.is_torn:
                found.append(Discrepancy("events_deleted", (stream.name,), "Events were deleted."))
        return found


def _read(fields: dict[str, str]) -> Envelope | None:
    try:
        return parse(fields)
    except ValidationError:
        return None


def event_is_in_place(event: StreamEvent, service: str) -> Iterator[Discrepancy]:
    """An event can be read, is its service's, and lies on the stream of its subject."""
    envelope = event.envelope
    if envelope is None:
        yield Discrepancy("event_unreadable", (event.key,), "The event cannot be read.")
        return
    place = (f"/services/{service}", stream_of(service, envelope.subject))
    if (envelope.source, event.stream) != place:
        what = f"An event of {envelope.source} about {envelope.subject} belongs elsewhere."
        yield Discrepancy("event_misplaced", (event.key,), what)


def event_is_in_turn(key: str, envelope: Envelope, before: int | None) -> Iterator[Discrepancy]:
    """A subject's events are numbered from 1 without gaps."""
    if envelope.sequence != (before or 0) + 1:
        what = f"No. {envelope.sequence} about {envelope.subject} comes after no. {before or 0}."
        yield Discrepancy("event_out_of_turn", (key,), what)
