"""What lies in a Redis: every key by its kind, how long it stays, and how many bytes it takes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from redis.asyncio import Redis

from commands.bench.results import Stays, StoredKeys

_DAY_MS = 24 * 3600 * 1000
_ID = re.compile(r"(?<=[:_-])(?=[^:]*\d)[^:]{6,}|(?<=:)\d+$")
_EVENTS = ":events:"
_INBOX = ":inbox:"
_SHARED = (_EVENTS, _INBOX)
"""Parts of the names of keys that everything shares: so many, however much there is."""


class _Key(NamedTuple):
    kind: str
    stays: Stays
    bytes: int


class Keyspace:
    """All keys at a moment."""

    def __init__(self, keys: Mapping[str, _Key]) -> None:
        self._keys = keys

    def since(self, before: Keyspace, times: int) -> tuple[StoredKeys, ...]:
        """What has come to it since, as the share of one of so many.

        The streams of events and the hashes of the inboxes are there for good, so many however
        much there is, so only their bytes count.
        """
        keys, size = Counter[tuple[str, Stays]](), Counter[tuple[str, Stays]]()
        for name, key in self._keys.items():
            known = before._keys.get(name)
            keys[key.kind, key.stays] += known is None and not _is_shared(name)
            size[key.kind, key.stays] += key.bytes - (known.bytes if known else 0)
        return tuple(
            StoredKeys(kind=kind, stays=stays, keys=keys[kind, stays] / times, bytes=taken / times)
            for (kind, stays), taken in sorted(size.items())
            if taken or keys[kind, stays]
        )


async def read_keyspace(admin: Redis) -> Keyspace:
    """Every key now. The server looks at each: this is for a store that nobody uses otherwise."""
    names = [name async for name in admin.scan_iter(count=1000)]
    async with admin.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.pttl(name)
            pipe.memory_usage(name, samples=0)
        found = await pipe.execute()
    rows = zip(names, found[::2], found[1::2], strict=True)
    return Keyspace(
        {name: _Key(kind_of(name), stays(name, ttl), size or 0) for name, ttl, size in rows}
    )


def kind_of(name: str) -> str:
    """The key without the ids in it."""
    if _INBOX in name:
        return name.partition(_INBOX)[0] + _INBOX + "*"
    return _ID.sub("*", name)


def _is_shared(name: str) -> bool:
    return any(part in name for part in _SHARED)


def stays(name: str, ttl_ms: int) -> Stays:
    """How long a key stays that has so many milliseconds to live, or a negative number."""
    # Events have no time of their own: what everybody has read is trimmed after some days. In an
    # inbox each field expires for itself.
    if ttl_ms < 0:
        return "a while" if _is_shared(name) else "for good"
    return "first day" if ttl_ms <= _DAY_MS else "a while"
