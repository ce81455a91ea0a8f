"""Events with who consumes them: what waits, what waits for an operator, and what is outstanding.

An event without its effect is no discrepancy at first: nothing is lost, it is only late, or an
operator has to replay it. That is said, and the books may be straight all the same. It is one when
the event should have taken effect or been given up long ago, or when nobody cares for a dead
letter. An effect that is missing without such an event is found by the checks of what should have
followed.


An event is unread, pending, or among the subscriber's dead letters, until its effect is there. So
whoever holds a cause against its effect reads the cause, then what is outstanding, then the effect:
the cause's event was published with it, and if it is not outstanding, its effect came before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, cast

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from commands.audit.books import Books
from deployments.foundation.audit.findings import Discrepancy, Findings, together
from deployments.foundation.audit.letters import letters_attended
from deployments.foundation.audit.overdue import in_words
from deployments.foundation.events.dead_letters import DeadLetters
from deployments.foundation.events.lag import Lag, LagMeter
from deployments.foundation.events.publishing import ENTRY_FIELD, Envelope, Event, streams_of
from deployments.foundation.events.subscriptions import RetryPolicy
from deployments.topology import SUBSCRIPTIONS

EVENT_LASTS = timedelta(seconds=RetryPolicy().lasts(handler_seconds=120))
"""How long an event is tried at most, whose handler takes as long as any may."""
_AT_ONCE = 500
_Entry = tuple[str, dict[str, str]]


class Subscriptions:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def check(self) -> Findings:
        """Every subscriber."""
        return together([await self._of(name) for name in SUBSCRIPTIONS])

    async def _of(self, subscriber: str) -> Findings:
        redis_of, inspection = self._books.redis_of, self._books.inspection
        own, publishers = redis_of(subscriber), SUBSCRIPTIONS[subscriber]
        theirs = {each: redis_of(each) for each in publishers}
        lags = await LagMeter(subscriber, own, theirs).measure()
        counts = {"subscribers": 1, "events waiting": sum(lag.waiting for lag in lags)}
        wrong = tuple(one for lag in lags for one in events_take_effect(subscriber, lag))
        letters = await letters_attended(DeadLetters(subscriber, own), own, inspection)
        return together([Findings(counts, wrong), letters])


def events_take_effect(subscriber: str, lag: Lag) -> Iterator[Discrepancy]:
    """An event takes effect or is given up in the time that its attempts can take."""
    if lag.oldest_seconds > EVENT_LASTS.total_seconds():
        age = in_words(timedelta(seconds=lag.oldest_seconds))
        what = f"{subscriber} has not settled {lag.waiting} events, the oldest for {age}."
        yield Discrepancy("events_overdue", (f"{{{lag.publisher}}}:events:*",), what)


class Outstanding(NamedTuple):
    """What a subscriber has yet to do: the events, by type and subject."""

    events: frozenset[tuple[str, str]] = frozenset()

    def has(self, kind: type[Event], subject: str) -> bool:
        """Whether such an event about this subject is not settled."""
        return (kind.type, subject) in self.events


async def outstanding(redis_of: Callable[[str], Redis], subscriber: str) -> Outstanding:
    """All that a subscriber has not settled."""
    named = set[tuple[str, str]]()
    for publisher in SUBSCRIPTIONS[subscriber]:
        async for events in _waiting(redis_of(publisher), publisher, subscriber):
            named.update(_named(events))
    # Last, because an event is written to the dead letters before it is taken off the stream.
    async for events in _dead(DeadLetters(subscriber, redis_of(subscriber))):
        named.update(_named(events))
    return Outstanding(frozenset(named))


def _named(events: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in events:
        try:
            envelope = Envelope.model_validate_json(text)
        except ValidationError:
            continue  # It explains nothing; the check of the streams reports it.
        yield envelope.type, envelope.subject


async def _waiting(redis: Redis, publisher: str, subscriber: str) -> AsyncIterator[list[str]]:
    """The texts of unread and pending events, in pages.

    What was delivered after this began counts as unread still, which is on the safe side.
    """
    streams = streams_of(publisher)
    delivered = await _delivered(redis, streams, subscriber)
    for stream, last in zip(streams, delivered, strict=True):
        if last is not None:
            async for ids in _pending(redis, stream, subscriber):
                yield await _events(redis, stream, ids)
        async for page in _unread(redis, stream, last or "0-0"):
            yield [fields.get(ENTRY_FIELD, "") for _, fields in page]


async def _delivered(redis: Redis, streams: Sequence[str], subscriber: str) -> list[str | None]:
    """The last entry of each stream that was delivered; none without the subscriber's group."""
    async with redis.pipeline(transaction=False) as pipe:
        for stream in streams:
            pipe.xinfo_groups(stream)
        found = await pipe.execute(raise_on_error=False)
    return [_last_delivered(groups, subscriber) for groups in found]


def _last_delivered(groups: Any, subscriber: str) -> str | None:  # noqa: ANN401 - or an error.
    if isinstance(groups, ResponseError):
        return None
    ours = (group["last-delivered-id"] for group in groups if group["name"] == subscriber)
    return next(ours, None)


async def _pending(redis: Redis, stream: str, subscriber: str) -> AsyncIterator[list[str]]:
    after = "-"
    while page := cast(
        list[dict[str, str]],
        await redis.xpending_range(stream, subscriber, min=after, max="+", count=_AT_ONCE),
    ):
        ids = [entry["message_id"] for entry in page]
        yield ids
        after = f"({ids[-1]}"


async def _events(redis: Redis, stream: str, ids: Sequence[str]) -> list[str]:
    async with redis.pipeline(transaction=False) as pipe:
        for id_ in ids:
            pipe.xrange(stream, min=id_, max=id_)
        found = cast(list[list[_Entry]], await pipe.execute())
    return [fields.get(ENTRY_FIELD, "") for entries in found for _, fields in entries]


async def _unread(redis: Redis, stream: str, after: str) -> AsyncIterator[list[_Entry]]:
    while page := cast(list[_Entry], await redis.xrange(stream, min=f"({after}", count=_AT_ONCE)):
        yield page
        after = page[-1][0]


async def _dead(letters: DeadLetters) -> AsyncIterator[list[str]]:
    after = "-"
    while page := await letters.oldest(limit=_AT_ONCE, after=after):
        yield [letter.fields[ENTRY_FIELD] for letter in page]
        after = page[-1].id
