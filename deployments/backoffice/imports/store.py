"""Imports in Redis, where any replica's worker takes them up.

    {backoffice}:imports               zset    ids of all imports by when they were made, 200
    {backoffice}:imports:open          zset    those that a worker has to do with, by when its lease
                                               lapses
    {backoffice}:import:<id>           hash    the import as it stands, its worker's token, its
                                               places, and within a batch which item is being
                                               written; about 1.5 KB, 30 days; an hour while its
                                               file arrives
    {backoffice}:import:<id>:file      list    the file, in compressed parts, until it was read
    {backoffice}:import:<id>:items     hash    number → 20 items as they were compared, compressed,
                                               about 1.2 KB; until the import is over
    {backoffice}:import:<id>:refused   list    refused rows as JSON, about 200 bytes each, 5,000
                                               at most; 30 days
    {backoffice}:import:<id>:changes   list    changes as JSON, 200 at most; 30 days
    {backoffice}:import:of:<digest>    string  the import of this file; 30 days

Files and items go after 5 days in any case. A file has 64 MiB at most, and five files, or what was
read of them, wait at most. Whoever works at an import holds its lease under a token; what an
earlier holder, or the one before a stop, writes is refused.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis

from deployments.backoffice.formats.items import RefusedRow
from deployments.backoffice.imports.run import (
    MOST_CHANGES_KEPT,
    MOST_REFUSED_KEPT,
    BatchAttempt,
    ImportBatch,
    ImportRun,
    SeenChange,
)
from deployments.backoffice.imports.stored_run import fields_of, run_of
from deployments.foundation.redis.connection import script

_LUA = Path(__file__).parent / "lua"
_ALL, _OPEN = "{backoffice}:imports", "{backoffice}:imports:open"
_RUN, _OF = "{backoffice}:import:", "{backoffice}:import:of:"
MOST_RUNS = 200
MOST_WAITING = 5
LEASE_SECONDS = 15.0
KEPT = timedelta(days=30)
GOES_ON_FOR = timedelta(days=5)
"""How long an import can be taken up again; inventory remembers its rows for seven days."""
_ARRIVES_WITHIN = timedelta(hours=1)
PART_BYTES = 256 * 1024
Place = Literal["checking", "running"]
_TEXTS = TypeAdapter(list[str])


class LostImportError(Exception):
    """Another worker has the import by now, or somebody stopped it: nothing more is written."""


@dataclass(frozen=True)
class ImportClaim:
    """A worker's right to an import. `claims` is how often it was taken up without coming on."""

    id: str
    token: str
    claims: int


@dataclass(frozen=True)
class BatchNote:
    """What became of one batch: counts by field, and what the report gets of it."""

    counts: Mapping[str, int]
    refused: Sequence[RefusedRow] = ()
    changes: Sequence[SeenChange] = ()
    batch: ImportBatch | None = None
    fields: Mapping[str, str | int] | None = None


class ImportStore:
    """The imports of one Redis."""

    def __init__(self, redis: Redis, *, lease_seconds: float = LEASE_SECONDS) -> None:
        def lua(name: str, *preludes: str | Path) -> Any:  # noqa: ANN401 - scripts answer anything.
            return script(redis, _LUA / f"{name}.lua", *preludes)

        mine = ("clock", _LUA / "import_lease")
        self._redis, self._lasts = redis, int(lease_seconds * 1000)
        self._begin, self._received = lua("begin_import"), lua("received_import")
        self._claim, self._turn = lua("claim_import", "clock", "leases"), lua("turn_import")
        self._renew, self._note = lua("renew_import", *mine), lua("note_import", *mine)
        self._attempt = lua("attempt_import", *mine)
        self._end, self._discard = lua("end_import", *mine), lua("discard_import")

    async def begin(self, run: ImportRun) -> bool:
        """Make room for a file; false if too many wait."""
        breaks_off = int((run.created_at + _ARRIVES_WITHIN).timestamp())
        args = [run.id, _ms(run.created_at), breaks_off, MOST_RUNS, _RUN, MOST_WAITING]
        made = await self._begin(
            keys=[_RUN + run.id, _ALL], args=[*args, json.dumps(fields_of(run))]
        )
        return bool(made)

    async def add_part(self, id_: str, part: bytes) -> None:
        """Keep a part of a file that arrives."""
        packed = base64.b64encode(zlib.compress(part)).decode()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(_file(id_), packed)
            pipe.expire(_file(id_), _ARRIVES_WITHIN)
            await pipe.execute()

    async def received(self, run: ImportRun, digest: str) -> str:
        """All of a file is there. The id of its import: another one if this file came before."""
        ends = int((run.created_at + KEPT).timestamp())
        until = int((run.created_at + GOES_ON_FOR).timestamp())
        fields = {"state": "checking", "size": run.size, "until": until}
        answer = await self._received(
            keys=[_RUN + run.id, _OPEN, _ALL, _file(run.id), _OF + digest],
            args=[run.id, ends, until, MOST_RUNS, _RUN, json.dumps(fields)],
        )
        return cast(str, answer)

    async def drop(self, id_: str) -> None:
        """Forget a file that did not arrive."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(_ALL, id_)
            pipe.unlink(_RUN + id_, _file(id_))
            await pipe.execute()

    async def parts(self, id_: str) -> AsyncIterator[bytes]:
        """The file, part by part."""
        number = 0
        while (packed := await self._redis.lindex(_file(id_), number)) is not None:
            yield zlib.decompress(base64.b64decode(cast(str, packed)))
            number += 1

    async def get(self, id_: str) -> ImportRun | None:
        """An import as it stands."""
        return run_of(cast(dict[str, str], await self._redis.hgetall(_RUN + id_)))

    async def all(self) -> list[ImportRun]:
        """Every import, the newest first."""
        ids = cast(list[str], await self._redis.zrange(_ALL, 0, -1, desc=True))
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.hgetall(_RUN + id_)
            found = await pipe.execute()
        return [run for one in found if (run := run_of(one)) is not None]

    async def place(self, id_: str, place: Place) -> int:
        """How many batches were compared, or have taken effect."""
        return int(await self._redis.hget(_RUN + id_, place) or 0)

    async def batch(self, id_: str, number: int) -> ImportBatch | None:
        """Items as they were compared; none behind the last ones."""
        packed = await self._redis.hget(_items(id_), str(number))
        if packed is None:
            return None
        return ImportBatch.model_validate_json(zlib.decompress(base64.b64decode(packed)))

    async def refused(self, id_: str, start: int, limit: int) -> list[RefusedRow]:
        """Some of the refused rows, in the order in which they were refused."""
        found = await self._redis.lrange(f"{_RUN}{id_}:refused", start, start + limit - 1)
        return [RefusedRow.model_validate_json(one) for one in cast(list[str], found)]

    async def changes(self, id_: str) -> list[SeenChange]:
        """The first of what would change."""
        found = cast(list[str], await self._redis.lrange(f"{_RUN}{id_}:changes", 0, -1))
        return [SeenChange.model_validate_json(one) for one in found]

    async def turn(
        self, id_: str, states: Iterable[str], fields: Mapping[str, str], *, opens: bool
    ) -> Literal["turned", "otherwise", "gone"]:
        """Have an import go on or stop, if it is in one of these states."""
        answer = await self._turn(
            keys=[_RUN + id_, _OPEN, _items(id_)],
            args=[id_, json.dumps(list(states)), json.dumps(fields), "1" if opens else "0"],
        )
        outcomes: dict[int, Literal["turned", "otherwise", "gone"]]
        outcomes = {1: "turned", 0: "otherwise", -1: "gone"}
        return outcomes[int(answer)]

    async def discard(self, id_: str, trouble: str) -> None:
        """End an import that is not over, with why."""
        fields = json.dumps({"state": "failed", "trouble": trouble})
        keys = [_RUN + id_, _OPEN, _file(id_), _items(id_)]
        await self._discard(keys=keys, args=[id_, fields])

    async def claim(self) -> ImportClaim | None:
        """The import that waits longest for a worker; none if none does."""
        found = await self._claim(keys=[_OPEN], args=[_RUN, self._lasts])
        return None if found is None else ImportClaim(found[0], found[1], int(found[2]))

    async def renew(self, claim: ImportClaim, *, seconds: float | None = None) -> None:
        """Keep an import, or have others take it up after so many seconds. `LostImportError`."""
        lasts = self._lasts if seconds is None else int(seconds * 1000)
        _check(await self._renew(keys=_keys(claim), args=[claim.id, claim.token, lasts]))

    async def note(self, claim: ImportClaim, place: Place, before: int, note: BatchNote) -> None:
        """Note what became of a batch, once. Raises `LostImportError`."""
        batch = "" if note.batch is None else _packed(note.batch)
        answer = await self._note(
            keys=[*_keys(claim), _items(claim.id), *_reports(claim.id)],
            args=[
                *(claim.id, claim.token, self._lasts, place, before, batch),
                *(json.dumps(note.counts), json.dumps(note.fields or {})),
                *(_texts(note.refused), MOST_REFUSED_KEPT),
                *(_texts(note.changes), MOST_CHANGES_KEPT),
            ],
        )
        _check(answer)

    async def attempt(self, claim: ImportClaim, attempt: BatchAttempt) -> None:
        """Write down what is about to be written. Raises `LostImportError`."""
        args = [claim.id, claim.token, self._lasts, attempt.number, attempt.model_dump_json()]
        _check(await self._attempt(keys=_keys(claim), args=args))

    async def attempted(self, id_: str, number: int) -> BatchAttempt | None:
        """What was last about to be written of a batch; none if nothing was."""
        kept = await self._redis.hget(_RUN + id_, "attempt")
        found = None if kept is None else BatchAttempt.model_validate_json(kept)
        return found if found is not None and found.number == number else None

    async def end(
        self, claim: ImportClaim, fields: Mapping[str, str], *, drops: Iterable[str]
    ) -> None:
        """An import waits for somebody, or is over; its `file` or `items` go."""
        gone = [f"{_RUN}{claim.id}:{name}" for name in drops]
        args = [claim.id, claim.token, self._lasts, json.dumps(fields)]
        _check(await self._end(keys=[*_keys(claim), *gone], args=args))


def _check(answer: object) -> None:
    if not answer:
        raise LostImportError


def _keys(claim: ImportClaim) -> list[str]:
    return [_RUN + claim.id, _OPEN]


def _file(id_: str) -> str:
    return f"{_RUN}{id_}:file"


def _items(id_: str) -> str:
    return f"{_RUN}{id_}:items"


def _reports(id_: str) -> list[str]:
    return [f"{_RUN}{id_}:refused", f"{_RUN}{id_}:changes"]


def _packed(batch: ImportBatch) -> str:
    return base64.b64encode(zlib.compress(batch.model_dump_json().encode())).decode()


def _texts(values: Iterable[RefusedRow | SeenChange]) -> str:
    return json.dumps([one.model_dump_json() for one in values])


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
