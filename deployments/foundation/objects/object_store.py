"""Where objects are: a directory of this machine, or a bucket that every machine reaches.

A key comes of what the object holds (`key_of`), so that an object never changes and writing it
twice is writing it once. The library is asked in threads: its own futures can abort the interpreter
as it ends (record 55).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.values.settings import settings

BUCKET = "s3://"
APP = "objects"
"""As what the place is called where it does not answer."""
_SIDE_BY_SIDE, _MOST_WAITING = 8, 64
_SECONDS = 10.0
_LISTED = 1000
Answer = TypeVar("Answer")


def key_of(content: bytes, ending: str) -> str:
    """The key of an object with this content: its SHA-256, and an ending such as `png`."""
    return f"{hashlib.sha256(content).hexdigest()}.{ending}"


class Objects:
    """The objects of one place, which is a directory's path, or `s3://bucket` with or without a
    path behind it.

    Every method raises `DependencyUnavailable` where the place does not answer, or too many ask.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._waiting = 0

    @property
    def is_shared(self) -> bool:
        """Whether other machines reach it, too."""
        return self._place.startswith(BUCKET)

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write an object, all of it or nothing."""
        # A directory has no place for what else is said of a file.
        said = {"Content-Type": media_type} if self.is_shared else None
        await self._asked(lambda: obstore.put(self._store, key, content, attributes=said))

    async def get(self, key: str) -> bytes | None:
        """What an object holds; none if there is no such object."""
        return await self._asked(lambda: _content(self._store, key))

    async def has(self, key: str) -> bool:
        """Whether there is such an object."""
        return await self._asked(lambda: _is_there(self._store, key))

    async def listed(self) -> AsyncIterator[list[str]]:
        """The keys of all objects, some at a time, in any order."""
        pages = self._pages()
        while page := await self._asked(lambda: next(pages, None)):
            yield page

    def _pages(self) -> Iterator[list[str]]:
        if self.is_shared or Path(self._place).is_dir():
            for page in obstore.list(self._store, chunk_size=_LISTED):
                yield [one["path"] for one in page]

    async def delete(self, key: str) -> None:
        """Let an object go; one that is not there is gone already."""
        await self._asked(lambda: _gone(self._store, key))

    @cached_property
    def _store(self) -> ObjectStore:
        if not self.is_shared:
            return LocalStore(Path(self._place), mkdir=True)
        bucket, _, prefix = self._place.removeprefix(BUCKET).partition("/")
        # Credentials, region and another endpoint than AWS's are AWS's own variables, which the
        # library reads; whoever names an endpoint without TLS means that.
        plain = (settings().s3_endpoint or "").startswith("http://")
        return S3Store(
            bucket,
            prefix=prefix or None,
            client_options={"connect_timeout": "2s", "timeout": "8s", "allow_http": plain},
            retry_config={"max_retries": 1},
        )

    async def _asked(self, ask: Callable[[], Answer]) -> Answer:
        if self._waiting >= _MOST_WAITING:
            raise DependencyUnavailable(APP, "too many ask at once", "busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(_threads(), ask)
        except (BaseError, OSError, TimeoutError) as away:
            raise DependencyUnavailable(APP, str(away).partition("\n")[0][:300]) from away
        finally:
            self._waiting -= 1


@cache
def _threads() -> ThreadPoolExecutor:
    """Those of this process, which begin when they are needed."""
    return ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix=APP)


def _content(store: ObjectStore, key: str) -> bytes | None:
    try:
        return bytes(obstore.get(store, key).bytes())
    except FileNotFoundError:
        return None


def _is_there(store: ObjectStore, key: str) -> bool:
    try:
        obstore.head(store, key)
    except FileNotFoundError:
        return False
    return True


def _gone(store: ObjectStore, key: str) -> None:
    with suppress(FileNotFoundError):
        obstore.delete(store, key)
