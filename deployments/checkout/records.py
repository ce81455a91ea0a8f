"""What is stored of sessions and sagas, record by record, as the audit may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import NamedTuple, cast

from redis.asyncio import Redis

from deployments.checkout.contract import Session
from deployments.checkout.store import ACTIVE, KEEP_SECONDS, PARKED, cart_key, saga_key, session_key
from deployments.foundation.redis.connection import names
from deployments.foundation.values.message import readable

SURELY_KEPT = timedelta(seconds=KEEP_SECONDS) - timedelta(days=1)
"""What is younger has its session."""
ENDED = frozenset({"done", "undone"})
"""The stages from which a saga goes nowhere."""
_SAGA_FIELDS = ("stage", "fence", "session", "order", "started_at", "failures", "failure")
_SESSION_FIELDS = ("version", "status", "doc", "saga", "sequence")
Fields = Sequence[str | None]


class SagaRecord(NamedTuple):
    """What is stored of a saga; moments in ms since 1970.

    `stage` is none where there is none. `lease_ends` is none where nobody will take it up again,
    and a moment of Redis' clock like `read_at`, when the record was read, and `parked_at`, since
    when it waits for an operator. `failure` says why it failed the last time, of `failures`.
    """

    id: str
    key: str
    stage: str | None
    fence: int
    session_id: str
    order_id: str
    started_at: int
    lease_ends: float | None
    read_at: float
    parked_at: float | None = None
    failures: int = 0
    failure: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it has yet to reach its end."""
        return self.stage is not None and self.stage not in ENDED

    @property
    def unattended(self) -> timedelta:
        """How long ago its driver's lease lapsed; less than nothing while it lasts."""
        return timedelta(milliseconds=self.read_at - (self.lease_ends or self.read_at))


class SessionRecord(NamedTuple):
    """What is stored of a session; `session` is none where there is none or it cannot be read.

    `published` is how many events there were about it.
    """

    key: str
    found: bool
    session: Session | None
    saga: str | None
    published: int = 0


class CheckoutRecords:
    """Sessions and sagas of one Redis, to be read only."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def session_ids(self) -> AsyncIterator[list[str]]:
        """All sessions, in batches."""
        return names(self._redis, session_key(""))

    async def sessions(self, ids: Sequence[str]) -> dict[str, SessionRecord]:
        """What is stored of each of these sessions."""
        keys = [session_key(id_) for id_ in ids]
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(key, _SESSION_FIELDS)
            found = await pipe.execute()
        return {
            id_: _session(key, fields) for id_, key, fields in zip(ids, keys, found, strict=True)
        }

    async def saga_ids(self) -> AsyncIterator[list[str]]:
        """All sagas in batches, first those that are to be driven on."""
        active = cast(list[str], await self._redis.zrange(ACTIVE, 0, -1))
        if active:
            yield active
        known = set(active)
        async for ids in names(self._redis, saga_key("")):
            yield [id_ for id_ in ids if id_ not in known]

    async def sagas(self, ids: Sequence[str]) -> dict[str, SagaRecord]:
        """What is stored of each of these sagas, at one moment."""
        if not ids:
            return {}
        keys = [saga_key(id_) for id_ in ids]
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in keys:
                pipe.hmget(key, _SAGA_FIELDS)
            pipe.zmscore(ACTIVE, list(ids))
            pipe.zmscore(PARKED, list(ids))
            pipe.time()
            *found, leases, parked, (seconds, micros) = await pipe.execute()
        read_at = seconds * 1000 + micros / 1000
        return {
            id_: _saga(id_, key, fields, (lease_ends, read_at, parked_at))
            for id_, key, fields, lease_ends, parked_at in zip(
                ids, keys, found, leases, parked, strict=True
            )
        }

    async def active(self) -> list[SagaRecord]:
        """The sagas that are or will be driven, in the order in which their leases lapse."""
        return await self._ranked(ACTIVE)

    async def parked(self) -> list[SagaRecord]:
        """The sagas that wait for an operator, the longest waiting first."""
        return await self._ranked(PARKED)

    async def _ranked(self, key: str) -> list[SagaRecord]:
        ids = cast(list[str], await self._redis.zrange(key, 0, -1))
        return list((await self.sagas(ids)).values())

    def linked_carts(self) -> AsyncIterator[list[str]]:
        """The carts of which a session was made, in batches."""
        return names(self._redis, cart_key(""))

    async def links(self, cart_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        """By cart, the key of its link and the session that it names, if it is still there."""
        keys = [cart_key(id_) for id_ in cart_ids]
        named = cast(list[str | None], await self._redis.mget(keys))
        return dict(zip(cart_ids, zip(keys, named, strict=True), strict=True))


def _saga(
    id_: str, key: str, fields: Fields, at: tuple[float | None, float, float | None]
) -> SagaRecord:
    """A saga's fields as a record, with when its lease ends, it was read, and it was parked."""
    stage, fence, session_id, order_id, started_at, failures, failure = fields
    lease_ends, read_at, parked_at = at
    return SagaRecord(
        id=id_,
        key=key,
        stage=stage,
        fence=int(fence or 0),
        session_id=session_id or "",
        order_id=order_id or "",
        started_at=int(started_at or 0),
        lease_ends=lease_ends,
        read_at=read_at,
        parked_at=parked_at,
        failures=int(failures or 0),
        failure=failure or "",
    )


def _session(key: str, fields: Fields) -> SessionRecord:
    """A session's fields as a record."""
    version, status, doc, saga, sequence = fields
    session = readable(Session, doc)
    if session is not None:
        truth = {"version": int(version or 0), "status": status}
        session = session.model_copy(update=truth)
    return SessionRecord(key, status is not None, session, saga, int(sequence or 0))
