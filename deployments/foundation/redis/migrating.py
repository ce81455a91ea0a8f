"""Documents of an earlier version are rewritten while their service goes on.

A service's `migrations.py` declares what is to be rewritten. Its readers take both versions until
`documents_are` says that none of the earlier one is left.

| key | what |
| --- | --- |
| `{service}:version` | the version that all documents have; none before the first migration |
| `{service}:migration` | hash: version, cursor, seen, rewritten, unreadable; while one goes on |
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from redis.asyncio import Redis

_KEYS_AT_ONCE = 200


class Rewritten(NamedTuple):
    """What became of some documents: how many were rewritten, and which cannot be read."""

    documents: int
    unreadable: Sequence[str] = ()


@dataclass(frozen=True)
class Progress:
    """How far a migration is, of `total` documents about; `left` are those that cannot be read."""

    total: int
    seen: int = 0
    rewritten: int = 0
    unreadable: int = 0
    left: tuple[str, ...] = ()
    done: bool = False


class Migration:
    """Brings every document of a service to one version.

    `prefix` is what the documents' keys begin with. `rewrite` is given what follows it in some of
    them: each is rewritten in one step, and left alone if it has the version already. `total` says
    about how many there are.
    """

    def __init__(
        self,
        redis: Redis,
        service: str,
        version: int,
        *,
        prefix: str,
        rewrite: Callable[[Sequence[str]], Awaitable[Rewritten]],
        total: Callable[[], Awaitable[int]],
    ) -> None:
        self.service, self.version = service, version
        self._redis, self._prefix = redis, prefix
        self._rewrite, self._total = rewrite, total
        self._state = f"{{{service}}}:migration"

    async def run(self) -> AsyncGenerator[Progress]:
        """Rewrite all, and tell after every batch how far it is.

        Goes on where an earlier run ended, however it did: a batch is noted when it is rewritten,
        and may be rewritten twice. A document that comes meanwhile has the version already.
        """
        if await documents_are(self._redis, self.service, self.version):
            yield Progress(await self._total(), done=True)
            return
        cursor, progress = await self._begun()
        while True:
            cursor, names = await self._page(cursor)
            rewritten = await self._rewrite(names) if names else Rewritten(0)
            progress = replace(
                progress,
                seen=progress.seen + len(names),
                rewritten=progress.rewritten + rewritten.documents,
                unreadable=progress.unreadable + len(rewritten.unreadable),
                left=(*progress.left, *rewritten.unreadable),
            )
            if not cursor:
                break
            await self._note(cursor, progress)
            yield progress
        await self._end(progress)
        yield replace(progress, done=True)

    async def _begun(self) -> tuple[int, Progress]:
        """Where an earlier run of the same migration has come to, or the beginning."""
        state = cast(dict[str, str], await self._redis.hgetall(self._state))
        progress = Progress(await self._total())
        if state.get("version") != str(self.version):
            return 0, progress
        return int(state["cursor"]), replace(
            progress,
            seen=int(state["seen"]),
            rewritten=int(state["rewritten"]),
            unreadable=int(state["unreadable"]),
        )

    async def _page(self, cursor: int) -> tuple[int, list[str]]:
        page = await self._redis.scan(cursor, match=f"{self._prefix}*", count=_KEYS_AT_ONCE)
        after, keys = cast(tuple[int, list[str]], page)
        return after, sorted({key.removeprefix(self._prefix) for key in keys})

    async def _note(self, cursor: int, progress: Progress) -> None:
        noted = {
            "version": self.version,
            "cursor": cursor,
            "seen": progress.seen,
            "rewritten": progress.rewritten,
            "unreadable": progress.unreadable,
        }
        await self._redis.hset(self._state, mapping=noted)  # type: ignore[arg-type] # Invariant.

    async def _end(self, progress: Progress) -> None:
        """All documents have the version, unless some could not be read: then it begins anew."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._state)
            if not progress.unreadable:
                pipe.set(version_key(self.service), self.version)
            await pipe.execute()


def version_key(service: str) -> str:
    """Where it says which version all documents of a service have."""
    return f"{{{service}}}:version"


async def documents_are(redis: Redis, service: str, version: int) -> bool:
    """Whether no document of a service is older than this."""
    return int(await redis.get(version_key(service)) or 0) >= version
