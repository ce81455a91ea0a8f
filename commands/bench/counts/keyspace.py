"""What lies in a Redis: every key by its kind, how long it stays, and how many bytes it takes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from commands.bench.results import Stays, StoredKeys

_DAY_MS = 24 * 3600 * 1000
_SHARED = re.compile(r":events:\d+$|:inbox:[0-9a-f]{2}$")
"""Streams and hashes of which there is a fixed number, whatever there is in them."""
_ID = re.compile(r"(?<=[:_-])(?=[^:]*\d)[^:]{6,}|(?<=:)\d+$|(?<=:inbox:)[0-9a-f]{2}$")


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

        Of keys of which there is a fixed number only the bytes count.
        """
        keys, size = Counter[tuple[str, Stays]](), Counter[tuple[str, Stays]]()
        for name, key in self._keys.items():
            known = before._keys.get(name)
            keys[key.kind, key.stays] += known is None and _SHARED.search(name) is None
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
            pipe.type(name)
        found = await pipe.execute()
    hashes = [name for name, kind in zip(names, found[2::3], strict=True) if kind == "hash"]
    fields = await _fields_times(admin, hashes)
    return Keyspace(
        {
            name: _Key(kind_of(name), stays(name, max(ttl, fields.get(name, -1))), size or 0)
            for name, ttl, size in zip(names, found[::3], found[1::3], strict=True)
        }
    )


async def _fields_times(admin: Redis, hashes: Sequence[str]) -> dict[str, int]:
    """The milliseconds that a field of each hash has to live; negative if it stays."""
    async with admin.pipeline(transaction=False) as pipe:
        for name in hashes:
            pipe.hrandfield(name)
        fields = dict(zip(hashes, await pipe.execute(), strict=True))
        known = {name: field for name, field in fields.items() if field is not None}
        for name, field in known.items():
            pipe.hpttl(name, field)
        times = await pipe.execute()
    return {name: left[0] for name, left in zip(known, times, strict=True)}


def kind_of(name: str) -> str:
    """The key without the ids in it."""
    return _ID.sub("*", name)


def stays(name: str, ttl_ms: int) -> Stays:
    """How long a key stays that has so many milliseconds to live, or a negative number."""
    # Events have no time of their own: what everybody has read is trimmed after some days.
    if ttl_ms < 0:
        return "a while" if ":events:" in name else "for good"
    return "first day" if ttl_ms <= _DAY_MS else "a while"
