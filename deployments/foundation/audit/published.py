"""A service's events against each other and against the records that they are about."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.streams import EventStreams, StreamEvent
from deployments.foundation.events.publishing import Envelope


class CountedRecord(Protocol):
    """A record that knows how many events there were about it."""

    @property
    def key(self) -> str:
        """Its key."""

    @property
    def found(self) -> bool:
        """Whether it is still there."""

    @property
    def published(self) -> int:
        """The number of its last event."""


R = TypeVar("R")


def _every(_: Envelope) -> bool:
    return True


@dataclass(frozen=True)
class Truth(Generic[R]):
    """How events are held against the records of their subjects.

    Only what cannot become untrue is judged, such as that an order was placed: `lasts` says which
    events these are, and `rule` what is untrue of one, given the key by which it is named.
    """

    records: Callable[[Sequence[str]], Awaitable[Mapping[str, R]]]
    rule: Callable[[str, Envelope, R], Iterable[Discrepancy]]
    lasts: Callable[[Envelope], bool] = _every

    async def untrue(self, events: Mapping[str, StreamEvent], keys: Sequence[str]) -> Suspects:
        """What is untrue of the events with these keys."""
        told = [(key, events[key].envelope) for key in keys]
        lasting = [(key, one) for key, one in told if one is not None and self.lasts(one)]
        records = await self.records(sorted({envelope.subject for _, envelope in lasting}))
        return suspects(
            (key, self.rule(key, envelope, records[envelope.subject])) for key, envelope in lasting
        )


@dataclass(frozen=True)
class CountedRecords:
    """Records that count the events about them: their ids in batches, and what is stored."""

    ids: Callable[[], AsyncIterator[list[str]]]
    records: Callable[[Sequence[str]], Awaitable[Mapping[str, CountedRecord]]]


class CountDoubt(NamedTuple):
    """A record and the number of the last event that was read about it before the record was."""

    record: CountedRecord
    told: int


class PublishedEvents(Generic[R]):
    """The check of all events that a service published."""

    def __init__(
        self,
        service: str,
        redis: Redis,
        inspection: Inspection,
        truth: Truth[R] | None = None,
        counts: CountedRecords | None = None,
    ) -> None:
        self._streams = EventStreams(service, redis)
        self._inspection, self._truth, self._counts = inspection, truth, counts

    async def check(self) -> Findings:
        """Every stream of the service, then every record that counts its events."""
        untrue = await self._untrue()
        counted, missing = await self._miscounted()
        counts = {"events": self._streams.count, "records counted": counted}
        return Findings(counts, (*self._streams.wrong(), *untrue, *missing))

    async def _untrue(self) -> list[Discrepancy]:
        """Events that say what is not so."""
        wrong: list[Discrepancy] = []
        async for events in self._streams.news():
            if self._truth is not None:
                named = {event.key: event for event in events}
                examine = partial(self._truth.untrue, named)
                wrong += await self._inspection.confirmed(list(named), examine)
        return wrong

    async def _miscounted(self) -> tuple[int, list[Discrepancy]]:
        """Records of which another number of events is known than there are."""
        if self._counts is None:
            return 0, []
        count, doubts = 0, dict[str, CountDoubt]()
        async for ids in self._counts.ids():
            count += len(ids)
            for id_, record in (await self._counts.records(ids)).items():
                told = self._streams.number_of(id_)
                if record.found and told is not None and told != record.published:
                    doubts[id_] = CountDoubt(record, told)
        return count, await self._settled(doubts)

    async def _settled(self, doubts: Mapping[str, CountDoubt]) -> list[Discrepancy]:
        if doubts:
            await self._inspection.pause()
            async for _ in self._streams.news():
                """Only their numbers matter here."""
        return [
            one
            for id_, doubt in doubts.items()
            for one in all_are_there(doubt, self._streams.number_of(id_))
        ]


def all_are_there(doubt: CountDoubt, told_now: int | None) -> Iterator[Discrepancy]:
    """Every event that a record counts is on the stream, and the record counts all that are.

    An event and its count are one step: a count that was read after the stream cannot be lower,
    and one that was read before the stream cannot be higher.
    """
    record, keys = doubt.record, (doubt.record.key,)
    if record.published < doubt.told:
        what = f"It counts {record.published} events, of {doubt.told}."
        yield Discrepancy("events_uncounted", keys, what)
    elif told_now is not None and told_now < record.published:
        what = f"It counts {record.published} events, the last one on the stream is no. {told_now}."
        yield Discrepancy("event_missing", keys, what)


def as_told(
    rule: str, keys: tuple[str, ...], told: Mapping[str, object], written: Mapping[str, object]
) -> Iterator[Discrepancy]:
    """Every field that was written is as the event told it."""
    for name, value in written.items():
        if told.get(name) != value:
            what = f"{name} was told as {told.get(name)}, but is {value}."
            yield Discrepancy(rule, keys, what)
