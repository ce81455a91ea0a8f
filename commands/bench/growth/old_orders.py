"""More orders than can be bought: what orders leave for good, written again under other ids.

A copy differs from its original in the first eight digits of every id, in keys, fields and values
alike, and in nothing else: its label is its original's, and stock knows nothing of it. So it is
good for what a server and a store take, not for the audit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import psutil
from redis.asyncio import Connection, Redis

_DAY_MS = 24 * 3600 * 1000
_LASTS_MS = 31 * _DAY_MS
"""What is to live longer than this is there still when an order is a month old."""
_ID = re.compile(rb"(?<=_)[0-9a-f]{8}(?=[0-9a-f]{24})")
_AT_ONCE = 500
_FORMAT = "%08x"
_ROOM = 2
"""A rewrite of the append-only file may take as much again."""

Command = tuple[Any, ...]


class NoRoomError(Exception):
    """The machine has not the memory for so many orders."""


class OldOrders:
    """What some orders leave, as commands that write it under other ids; nothing at first."""

    def __init__(self) -> None:
        self._pieces, self.known, self._copies = list[bytes](), 0, 0

    @property
    def written(self) -> int:
        """How many orders are copies."""
        return self.known * self._copies

    async def learn(self, admin: Redis, orders: int) -> None:
        """Read what there is of so many orders; nothing may be written meanwhile."""
        commands = await _lasting(admin)
        packer = admin.connection_pool.make_connection()
        written = b"".join(b"".join(packer.pack_command(*one)) for one in commands)
        self._pieces, self.known = _ID.split(written), orders

    async def copy(self, admin: Redis, wanted: int) -> None:
        """Write so many more, or a few less. Raises `NoRoomError` before anything is written."""
        times = wanted // self.known
        needed = times * sum(map(len, self._pieces)) * _ROOM
        if needed > (room := psutil.virtual_memory().available):
            raise NoRoomError(f"{needed / 2**30:.0f} GiB are needed, {room / 2**30:.0f} are there")
        connection = admin.connection_pool.make_connection()
        await connection.connect()
        # Answers to millions of commands would take longer than the commands.
        await _send(connection, ("CLIENT", "REPLY", "OFF"))
        for _ in range(times):
            self._copies += 1
            await connection.send_packed_command([self._written_as(self._copies)])
        await _send(connection, ("CLIENT", "REPLY", "ON"))
        await connection.read_response()
        await connection.disconnect()

    def _written_as(self, number: int) -> bytes:
        """The commands that write a copy; the number is the beginning of its ids."""
        return (_FORMAT % number).encode().join(self._pieces)


async def _send(connection: Connection, command: Command) -> None:
    await connection.send_packed_command(connection.pack_command(*command))


async def _lasting(admin: Redis) -> list[Command]:
    """What writes all that is there of orders and will be in a month."""
    names = [name async for name in admin.scan_iter(count=1000)]
    commands = list[Command]()
    for start in range(0, len(names), _AT_ONCE):
        for name, kind, left in await _kinds(admin, names[start : start + _AT_ONCE]):
            if not _has_id(name):
                commands += await _entries(admin, name, kind)
            elif left < 0 or left > _LASTS_MS:
                commands += await _whole(admin, name, kind, left)
    return commands


def _has_id(text: object) -> bool:
    return _ID.search(str(text).encode()) is not None


async def _kinds(admin: Redis, names: Sequence[str]) -> Sequence[tuple[str, str, int]]:
    """Each key that is there with its type and the milliseconds that it has to live."""
    async with admin.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.type(name)
            pipe.pttl(name)
        found = await pipe.execute()
    return list(zip(names, found[::2], found[1::2], strict=True))


async def _whole(admin: Redis, name: str, kind: str, left: int) -> list[Command]:
    """The commands that write a key as it is."""
    found: list[Command] = []
    if kind == "string":
        found = [("SET", name, await admin.get(name))]
    elif kind == "hash":
        found = [("HSET", name, *_flat(cast(Any, await admin.hgetall(name))))]
    elif kind == "list":
        found = [("RPUSH", name, *await admin.lrange(name, 0, -1))]
    elif kind == "set":
        found = [("SADD", name, *await admin.smembers(name))]
    return [*found, ("PEXPIRE", name, left)] if left > 0 else found


async def _entries(admin: Redis, name: str, kind: str) -> list[Command]:
    """Those of a key that all orders share. A stream that is subscribed to is trimmed by then."""
    if kind == "zset":
        scored = cast(Any, await admin.zrange(name, 0, -1, withscores=True))
        return [("ZADD", name, score, each) for each, score in scored if _has_id(each)]
    if kind == "stream" and not await admin.xinfo_groups(name):
        found = cast(Any, await admin.xrange(name))
        return [("XADD", name, "*", *_flat(fields)) for _, fields in found if _has_id(fields)]
    return []


def _flat(pairs: Mapping[str, str]) -> Iterator[str]:
    for name, value in pairs.items():
        yield from (name, value)
