"""What is stored of the audit log and of people, as audits and operators may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from deployments.staff.audit_store import HEAD, INDEX, LOG, TAIL
from deployments.staff.contract.people import Person
from deployments.staff.store import OWNERS, StaffStore

_AT_ONCE = 500


class ChainLink(NamedTuple):
    """One end of the chain: the number and the hash of an entry."""

    number: int
    hash: str


class Chain(NamedTuple):
    """The audit log at one moment: `tail` is the last entry that was let go, if any was, and `head`
    the last that there is; with how many entries are kept, and how often they are indexed."""

    tail: ChainLink
    head: ChainLink
    entries: int
    indexed: int


class EntryRecord(NamedTuple):
    """An entry as it is kept; `change` is the text that was hashed."""

    id: str
    number: int
    change: str
    hash: str


class StaffRecords:
    """Staff of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @staticmethod
    def log_key() -> str:
        """Where the audit log is, for messages."""
        return LOG

    async def chain(self) -> Chain:
        """Both ends, as of one moment."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for end in (TAIL, HEAD):
                pipe.hmget(end, "number", "hash")
            pipe.xlen(LOG)
            pipe.zcard(INDEX)
            tail, head, entries, indexed = await pipe.execute()
        return Chain(_link(tail), _link(head), entries, indexed)

    async def entries(self) -> AsyncIterator[list[EntryRecord]]:
        """All entries, the oldest first, in batches."""
        after = "-"
        while True:
            rows = cast(Any, await self._redis.xrange(LOG, after, "+", count=_AT_ONCE))
            if not rows:
                return
            yield [_entry(id_, fields) for id_, fields in rows]
            after = f"({rows[-1][0]}"

    async def people(self) -> list[Person]:
        """Everybody, by email."""
        return await StaffStore(self._redis).people()

    async def owners(self) -> set[str]:
        """Who counts as an active owner."""
        return cast(set[str], await cast(Any, self._redis.smembers(OWNERS)))


def _link(fields: list[str | None]) -> ChainLink:
    number, hash_ = fields
    return ChainLink(int(number or 0), hash_ or "")


def _entry(id_: str, fields: dict[str, str]) -> EntryRecord:
    number = fields.get("number", "")
    return EntryRecord(
        id_,
        int(number) if number.isdecimal() else 0,
        fields.get("change", ""),
        fields.get("hash", ""),
    )
