"""What should have ended, or been looked after, long ago."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from babel.dates import format_timedelta
from redis.asyncio import Redis

from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection

OVERDUE = timedelta(minutes=5)
"""Loops come by every few seconds: what was due longer ago than this, none of them comes for."""
_LOCALE = "en_US"


class DueRecords(NamedTuple):
    """How many are waiting in all, and by id, when those were due that are asked for."""

    waiting: int
    due: Mapping[str, datetime]


DueUntil = Callable[[datetime], Awaitable[DueRecords]]
"""What is waiting, and what of it was due until a moment."""


async def overdue(
    due_until: DueUntil,
    finding: Callable[[str, str], Discrepancy],
    *,
    kind: str,
    redis: Redis,
    inspection: Inspection,
    allowed: timedelta = OVERDUE,
) -> Findings:
    """What was due longer ago than is allowed, and still is a moment later.

    `kind` is what waits. A finding is made of an id and, in words, how long ago it was due. The
    time is read before the records, so that what is put off meanwhile is not overdue.
    """
    now = await inspection.now(redis)
    waiting, first = await due_until(now - allowed)
    if first:
        await inspection.pause()
        _, second = await due_until(now - allowed)
        first = {id_: at for id_, at in first.items() if id_ in second}
    found = (finding(id_, in_words(now - at)) for id_, at in sorted(first.items()))
    return Findings({kind: waiting}, tuple(found))


async def due_in(redis: Redis, key: str, until: datetime) -> DueRecords:
    """Those of a sorted set of ids by when they are due, in milliseconds since 1970."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zcard(key)
        pipe.zrange(key, "-inf", milliseconds(until), byscore=True, withscores=True)
        waiting, found = await pipe.execute()
    return DueRecords(waiting, {id_: moment(at) for id_, at in found})


def moment(milliseconds: float) -> datetime:
    """A moment, from milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(at: datetime) -> int:
    """A moment, in milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def in_words(span: timedelta) -> str:
    """A span of time in its largest unit, such as `8 minutes`."""
    return format_timedelta(span, threshold=1.5, locale=_LOCALE)
