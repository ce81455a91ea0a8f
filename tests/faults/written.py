"""Everything that a running store has written down, as one would read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal, cast

from redis.asyncio import Redis

from deployments.foundation.redis.connection import SECRET_FILE
from tests.integration.running_store import RunningStore

Kind = Literal["log", "mail", "event", "state", "file"]
_AT_ONCE = 500
_READ = {
    "string": ("GET",),
    "hash": ("HGETALL",),
    "list": ("LRANGE", "0", "-1"),
    "set": ("SMEMBERS",),
    "zset": ("ZRANGE", "0", "-1"),
    "stream": ("XRANGE", "-", "+"),
}


@dataclass(frozen=True)
class Writing:
    """Something that was written: what it is, where it stands, and its content.

    An event is one entry of a stream, `state` any other value in Redis, and `file` Redis's own
    record of both.
    """

    kind: Kind
    where: str
    content: bytes


async def written(store: RunningStore) -> AsyncIterator[Writing]:
    """All of it."""
    for writing in (*_logs(store), *_mails(store), *_files(store)):
        yield writing
    async with store.redis("admin") as redis:
        async for writing in _in_redis(redis):
            yield writing


def _logs(store: RunningStore) -> Iterator[Writing]:
    """Those of Ray, Serve, the services and Valkey."""
    for file in (*store.logs.parent.rglob("*"), *store.data.glob("*.log*")):
        if file.is_file():
            yield Writing("log", str(file), file.read_bytes())


def _mails(store: RunningStore) -> Iterator[Writing]:
    for file in (store.data / "mail").glob("*.eml"):
        yield Writing("mail", str(file), _read(file))


def _read(file: Path) -> bytes:
    """A mail as it was sent and as its reader sees it: the parts are encoded."""
    content = file.read_bytes()
    mail = message_from_bytes(content, policy=policy.default)
    texts = (part.get_content() for part in mail.walk() if not part.is_multipart())
    return b"\n".join([content, *(str(text).encode() for text in texts)])


def _files(store: RunningStore) -> Iterator[Writing]:
    """Without the releases, which are copies of the repository and hold what tests pay with."""
    releases = store.data / "releases"
    for file in store.data.rglob("*"):
        mine = file.name != SECRET_FILE and file.suffix != ".eml" and ".log" not in file.suffixes
        if mine and file.is_file() and releases not in file.parents:
            yield Writing("file", str(file), file.read_bytes())


async def _in_redis(redis: Redis) -> AsyncIterator[Writing]:
    """The server packs what it writes to its files, so its values are read one by one too."""
    cursor = 0
    while True:
        cursor, keys = await redis.scan(cursor, count=_AT_ONCE)
        for writing in await _values(redis, cast(list[str], keys)):
            yield writing
        if not cursor:
            return


async def _values(redis: Redis, keys: Sequence[str]) -> list[Writing]:
    """What these keys hold: two round trips for all of them."""
    async with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.type(key)
        kinds = cast(list[str], await pipe.execute())
        for key, kind in zip(keys, kinds, strict=True):
            command, *rest = _READ.get(kind, _READ["string"])
            pipe.execute_command(command, key, *rest)
        values = await pipe.execute(raise_on_error=False)
    rows = zip(keys, kinds, values, strict=True)
    return [writing for row in rows for writing in _writings(*row)]


def _writings(key: str, kind: str, value: object) -> Iterator[Writing]:
    """A stream's entries one by one; anything else, and a key that is gone meanwhile, as it is."""
    if kind == "stream" and isinstance(value, list):
        for id_, fields in value:
            yield Writing("event", f"{key} {id_}", str(fields).encode())
    else:
        yield Writing("state", key, f"{key} {value}".encode())
