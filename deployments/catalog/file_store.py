"""Which files of pictures no product shows, in Redis: `store.py` says under which keys.

A file is deleted between two scripts, and in between no product can take it. Whoever gives a
product a picture sees first that its file is not being deleted, and says how many deletions had
begun then: if another has begun since, the file is looked for again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from deployments.catalog.store import (
    DELETIONS,
    GOING,
    LUA,
    PICTURES,
    SWEPT,
    UNSHOWN,
    Pictured,
    files_of,
)
from deployments.foundation.redis.connection import script

AT_ONCE = 100
_READ_AT_ONCE = 500
STALLED_AFTER = timedelta(minutes=10)
"""How long a deletion may go on before somebody else begins it anew."""


class FileStore:
    """Files of pictures, as one Redis knows them."""

    def __init__(self, redis: Redis) -> None:
        def lua(name: str, *preludes: str | Path) -> Any:  # noqa: ANN401 - scripts answer anything.
            return script(redis, LUA / f"{name}.lua", *preludes)

        self._redis, self._claim = redis, lua("claim_files")

    async def begin_sweep(self, every: timedelta) -> bool:
        """Whether nobody has begun to look through the files for so long."""
        return bool(await self._redis.set(SWEPT, 1, nx=True, ex=every))

    async def shown(self) -> set[str]:
        """The files of all pictures of all products. One that a product has throughout is among
        them."""
        files, cursor = set[str](), 0
        while True:
            cursor, page = await self._redis.hscan(PICTURES, cursor, count=_READ_AT_ONCE)
            for pictures in cast(dict[str, str], page).values():
                files |= set(files_of(Pictured.validate_json(pictures)))
            if not cursor:
                return files

    async def unshown(self) -> list[str]:
        """What is taken for files that no product shows."""
        return cast(list[str], await self._redis.zrange(UNSHOWN, 0, -1))

    async def mark(self, files: Collection[str], now: datetime) -> None:
        """No product shows these, from now on or as was known before."""
        if files:
            await self._redis.zadd(UNSHOWN, dict.fromkeys(files, _ms(now)), nx=True)

    async def unmark(self, files: Collection[str]) -> None:
        """These are shown after all."""
        if files:
            await self._redis.zrem(UNSHOWN, *files)

    async def claim(self, now: datetime, kept: timedelta) -> list[str]:
        """Files to be deleted now, 100 at most."""
        args = [_ms(now), _ms(now - kept), _ms(now - STALLED_AFTER), AT_ONCE]
        return cast(list[str], await self._claim(keys=[UNSHOWN, GOING, DELETIONS], args=args))

    async def deleted(self, file: str) -> None:
        """It is gone, and may come again."""
        await self._redis.zrem(GOING, file)

    async def deletions(self, files: Sequence[str]) -> tuple[str, list[str]]:
        """How many times files were claimed, and which of these are being deleted now."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(DELETIONS)
            for file in files:
                pipe.zscore(GOING, file)
            count, *since = await pipe.execute()
        going = [file for file, claimed in zip(files, since, strict=True) if claimed is not None]
        return count or "0", going


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
