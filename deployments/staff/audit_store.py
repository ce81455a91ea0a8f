"""The audit log in Redis, to be read and added to. The keys are in `store.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from deployments.foundation.events.subscriptions import inbox_key
from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import Change
from deployments.staff.contract.audit_log import AuditEntry, AuditFilter
from deployments.staff.store import (
    LUA,
    PRELUDES,
    SERVICE,
    arguments,
    entry_of,
    milliseconds,
)

LOG, INDEX = "{staff}:audit:log", "{staff}:audit:index"
HEAD, TAIL = "{staff}:audit:head", "{staff}:audit:tail"
TRIMMED_AT_ONCE = 500


class Batch(NamedTuple):
    """Entries that were looked at, the newest first, and the id before which more may follow."""

    entries: list[AuditEntry]
    next: str | None


class AuditStore:
    """The audit log of one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._record = script(redis, LUA / "record.lua", "inbox", *PRELUDES)
        self._trim = script(redis, LUA / "trim_log.lua", *PRELUDES)

    async def record(self, change: Change, event_id: str | None = None) -> None:
        """Append a change that took effect elsewhere: once for an event. One round trip."""
        key = inbox_key(SERVICE, event_id or "")
        asked = {"entry": entry_of(change), "once": event_id is not None}
        await self._record(keys=[key], args=[arguments(asked)])

    async def trim(self, before: datetime) -> int:
        """Let go of entries that were written before a moment, the oldest first; how many went."""
        asked = {"before": milliseconds(before), "most": TRIMMED_AT_ONCE}
        return cast(int, await self._trim(args=[arguments(asked)]))

    async def before(self, wanted: AuditFilter, before: str | None, limit: int) -> Batch:
        """Up to so many entries, the newest first, that agree with the first of subject, author
        and action that is given, and with the times; in two round trips, or one."""
        ref = _ref_of(wanted)
        if ref is None:
            return await self._read(wanted, before, limit)
        return await self._find(ref, wanted, before, limit)

    async def _read(self, wanted: AuditFilter, before: str | None, limit: int) -> Batch:
        # Nothing was written before 1970, of which Redis takes no numbers.
        first = "-" if wanted.since is None else max(0, int(milliseconds(wanted.since)))
        last = "+" if wanted.until is None else f"({max(1, int(milliseconds(wanted.until)))}-0"
        if before is not None:
            last = f"({before}"
        rows = cast(Any, await self._redis.xrevrange(LOG, last, first, count=limit))
        return _batch([id_ for id_, _ in rows], [rows], limit)

    async def _find(self, ref: str, wanted: AuditFilter, before: str | None, limit: int) -> Batch:
        first = f"[{ref}\0" + ("" if wanted.since is None else _padded(wanted.since))
        last = f"({ref}\0" + ("~" if wanted.until is None else _padded(wanted.until))
        if before is not None:
            last = f"({ref}\0{index_id(before)}"
        members = await self._redis.zrevrangebylex(INDEX, last, first, start=0, num=limit)
        ids = [stream_id(member) for member in cast(list[str], members)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.xrange(LOG, id_, id_)
            return _batch(ids, await pipe.execute(), limit)


def _batch(ids: Sequence[str], found: Sequence[Any], limit: int) -> Batch:
    """What was found, and where to go on if there may be more."""
    entries = [entry_from(id_, fields) for rows in found for id_, fields in rows]
    return Batch(entries, ids[-1] if len(ids) == limit else None)


def _ref_of(wanted: AuditFilter) -> str | None:
    """The most telling of what is wanted, as `audit_log.lua` indexes it."""
    for name in ("subject", "author", "action"):
        value = getattr(wanted, name)
        if value is not None:
            return f"{name} {value}"
    return None


def index_id(id_: str) -> str:
    """A stream's id, as it sorts as text: `audit_log.lua` makes the same."""
    ms, number = id_.split("-")
    return f"{int(ms):015}-{int(number):06}"


def stream_id(member: str) -> str:
    """The entry's id in a member of the index."""
    ms, number = member.rpartition("\0")[2].split("-")
    return f"{int(ms)}-{int(number)}"


def _padded(at: datetime) -> str:
    return f"{int(milliseconds(at)):015}"


def entry_from(id_: str, fields: Mapping[str, str]) -> AuditEntry:
    """An entry as it is kept."""
    return AuditEntry(
        id=id_,
        number=int(fields["number"]),
        recorded_at=datetime.fromtimestamp(int(id_.partition("-")[0]) / 1000, UTC),
        change=Change.model_validate_json(fields["change"]),
        hash=fields["hash"],
    )
