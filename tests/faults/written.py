"""Everything that a running store has written down, as one would read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Literal, cast

from redis.asyncio import Redis

from deployments.foundation.redis import SECRET_FILE
from tests.integration.running_store import RunningStore

Kind = Literal["log", "mail", "event", "state", "file"]
_AT_ONCE = 500


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
    for file in store.data.rglob("*"):
        mine = file.name != SECRET_FILE and file.suffix != ".eml" and ".log" not in file.suffixes
        if mine and file.is_file():
            yield Writing("file", str(file), file.read_bytes())


async def _in_redis(redis: Redis) -> AsyncIterator[Writing]:
    """The server packs what it writes to its files, so its values are read one by one too."""
    async for key in cast(AsyncIterator[str], redis.scan_iter(count=_AT_ONCE)):
        kind = cast(str, await redis.type(key))
        if kind == "stream":
            for id_, fields in cast(list[tuple[str, Any]], await redis.xrange(key)):
                yield Writing("event", f"{key} {id_}", str(fields).encode())
        else:
            yield Writing("state", key, f"{key} {await _value(redis, kind, key)}".encode())


async def _value(redis: Redis, kind: str, key: str) -> object:
    match kind:
        case "hash":
            return await redis.hgetall(key)
        case "list":
            return await redis.lrange(key, 0, -1)
        case "set":
            return await redis.smembers(key)
        case "zset":
            return await redis.zrange(key, 0, -1)
        case _:
            return await redis.get(key)
