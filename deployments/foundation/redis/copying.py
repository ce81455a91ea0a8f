"""Copies keys to another server, or on a cluster to another slot."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio import Redis


async def copy_keys(source: Redis, target: Redis, names: Iterable[tuple[str, str]]) -> int:
    """Copy what is under the first of two names to the second, with what is left of its life.

    What is there already is replaced. How many there were: what is gone is no mistake.
    """
    pairs = list(names)
    async with source.pipeline(transaction=False) as reading:
        for name, _ in pairs:
            reading.dump(name)
            reading.pexpiretime(name)
        found = await reading.execute()
    async with target.pipeline(transaction=False) as writing:
        for (_, name), value, expires in zip(pairs, found[::2], found[1::2], strict=True):
            if value is not None:
                writing.restore(name, max(expires, 0), value, replace=True, absttl=expires > 0)
        return len(await writing.execute())
