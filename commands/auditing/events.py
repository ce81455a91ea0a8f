"""Events against each other and against the state that they publish."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from commands.auditing import judges
from commands.auditing.books import Books
from commands.auditing.catalogue import Catalogue
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, confirmed
from commands.auditing.streams import StreamEvent, Streams
from deployments.catalog.store import SERVICE as CATALOG
from deployments.foundation.events.publishing import stream_of
from deployments.foundation.redis.users import SERVICES

_JUDGES: Mapping[str, judges.Judge] = {
    "checkout": judges.sessions,
    "inventory": judges.reservations,
    "orders": judges.orders,
    "payments": judges.payments,
    "shipping": judges.shipments,
}


class Counted(Protocol):
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


class Counts(NamedTuple):
    """All such records of a service: their ids in batches, and what is stored under some."""

    ids: Callable[[], AsyncIterator[list[str]]]
    records: Callable[[Sequence[str]], Awaitable[Mapping[str, Counted]]]


class Doubt(NamedTuple):
    """A record and the number of the last event that was read about it before the record was."""

    record: Counted
    told: int


class Events:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._counts: Mapping[str, Counts] = {
            "checkout": Counts(books.checkout.session_ids, books.checkout.sessions),
            "orders": Counts(books.orders.ids, books.orders.records),
            "payments": Counts(books.payments.ids, books.payments.records),
            "shipping": Counts(books.shipments.ids, books.shipments.records),
        }

    async def check(self) -> Findings:
        """The streams of every service."""
        count, records, wrong = 0, 0, list[Discrepancy]()
        for service in SERVICES:
            streams = Streams(service, self._books.redis_of(service))
            if service == CATALOG:
                found = [found async for found in self._catalogue(streams)]
            else:
                found = [found async for found in self._told(service, streams)]
            counted, missing = await self._counted(service, streams)
            count, records = count + streams.count, records + counted
            wrong += [*streams.wrong(), *found, *missing]
        return Findings({"events": count, "records counted": records}, tuple(wrong))

    async def _told(self, service: str, streams: Streams) -> AsyncIterator[Discrepancy]:
        """Events that say what is not so."""
        judge = _JUDGES.get(service, judges.nothing_lasting)
        async for events in streams.news():
            named = {event.key: event for event in events}
            examine = partial(_examine, judge, self._books, named)
            for found in await confirmed(list(named), examine, self._books):
                yield found

    async def _catalogue(self, streams: Streams) -> AsyncIterator[Discrepancy]:
        catalogue = Catalogue(await self._books.catalog.load())
        async for events in streams.news():
            catalogue.consume(events)
        for found in catalogue.wrong():
            yield found
        for product in catalogue.products:
            if streams.number_of(product) == 0:
                what = f"The product {product} was never published."
                key = stream_of(CATALOG, product)
                yield Discrepancy("product_not_published", (key,), what)

    async def _counted(self, service: str, streams: Streams) -> tuple[int, list[Discrepancy]]:
        """Records of which another number of events is known than there are."""
        count, doubts = 0, dict[str, Doubt]()
        if service not in self._counts:
            return 0, []
        counts = self._counts[service]
        async for ids in counts.ids():
            count += len(ids)
            for id_, record in (await counts.records(ids)).items():
                told = streams.number_of(id_)
                if record.found and told is not None and told != record.published:
                    doubts[id_] = Doubt(record, told)
        if doubts:
            await self._books.pause()
            async for _ in streams.news():
                """Only their numbers matter here."""
        return count, [
            one
            for id_, doubt in doubts.items()
            for one in all_are_there(doubt, streams.number_of(id_))
        ]


async def _examine(
    judge: judges.Judge, books: Books, named: Mapping[str, StreamEvent], keys: Sequence[str]
) -> Suspects:
    return await judge(books, [named[key] for key in keys])


def all_are_there(doubt: Doubt, told_now: int | None) -> Iterator[Discrepancy]:
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
