"""Checkout's state in Redis.

| key | what |
| --- | --- |
| `{checkout}:session:<id>` | hash: platform, version, status, expires_at (ms), doc (JSON), saga |
| `{checkout}:cart:<cart id>` | the session that was made of a cart |
| `{checkout}:request:<name>` | hash: an idempotency key's fingerprint and answer, for 24 hours |
| `{checkout}:saga:<id>` | hash: stage, fence, session, order, request, fingerprint, started_at |
| `{checkout}:sagas:active` | sorted set of sagas that have not ended, by when their lease lapses |
| `{checkout}:events:0` to `15` | streams of what is published (foundation's `events.py`) |

A saga that turned back also has: undo_from, untaken, and why: rejection,
rejection_body. `version` and `status` in the hash are the truth; the doc repeats them as of its
last writing. Every change is one script, in which the idempotency key, the effect, the answer and
what is published are one. A session's hash also counts its events, in `sequence`. Leases go by
Redis' clock (`leases.lua`), everything else by the caller's.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from deployments.checkout.contract import CancelSession, CompleteSession, ReplaceSession, Session
from deployments.checkout.domain import started_event
from deployments.checkout.replies import (
    Saga,
    claimed,
    load,
    not_found,
    settle,
)
from deployments.foundation.events.publishing import Event, occasion, streams_of
from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.redis.connection import script

KEEP_SECONDS = 30 * 24 * 3600
"""How long a session, and the record of a saga that has ended, can still be read."""
LEASE_MS = 15_000
"""How long a driver has a saga to itself; longer than it takes to drive one, or to give up."""
PAUSE_MS = 2_000
"""How soon a saga is tried again whose driver has given up."""
SERVICE = "checkout"
_STREAMS = streams_of(SERVICE)
_LUA = Path(__file__).parent / "lua"
ACTIVE = "{checkout}:sagas:active"


def session_key(session_id: str) -> str:
    """Where a session is."""
    return f"{{checkout}}:session:{session_id}"


def _request(name: str) -> str:
    return f"{{checkout}}:request:{name}"


def saga_key(saga_id: str) -> str:
    """Where a saga is."""
    return f"{{checkout}}:saga:{saga_id}"


def cart_key(cart_id: str) -> str:
    """Where a cart's link is."""
    return f"{{checkout}}:cart:{cart_id}"


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class CheckoutStore:
    """Sessions and sagas of one Redis."""

    def __init__(self, redis: Redis) -> None:
        def lua(name: str, *more: str) -> Any:  # noqa: ANN401 - redis-py's scripts answer Any.
            return script(redis, _LUA / f"{name}.lua", "requests", *more, _LUA / "session")

        self._redis = redis
        self._create = lua("create_session", "publish")
        self._write, self._answer = lua("write_session", "publish"), lua("answer_saga", "publish")
        self._begin, self._advance = lua("begin_saga", "clock", "leases"), lua("advance_saga")
        self._end, self._claim = lua("end_saga"), lua("claim_sagas", "clock", "leases")
        self._hand_over = lua("hand_over_saga", "clock", "leases")

    async def read(self, session_id: str, platform: str) -> Session:
        """The platform's session. Rejects with `SessionNotFound`."""
        session, _ = await self.read_with(session_id, platform, RequestKey())
        return session

    async def read_with(
        self, session_id: str, platform: str, request: RequestKey
    ) -> tuple[Session, Session | None]:
        """The session, and what this request was answered before, in one round trip."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(session_key(session_id), ["platform", "version", "status", "doc"])
            pipe.hmget(_request(request.name), ["fingerprint", "answer"])
            (owner, *state), (fingerprint, answer) = await pipe.execute()
        if owner != platform:
            raise not_found()
        before = None
        if request.fingerprint and fingerprint:
            outcome = "repeat" if fingerprint == request.fingerprint else "reused"
            before = settle([outcome, answer])
        return load("\n".join(state)), before

    async def create(
        self, session: Session, request: RequestKey, now: datetime
    ) -> tuple[Session, bool]:
        """Keep a new session; the second value is false for the one that its cart already has."""
        link = _request(request.name)
        if session.cart_id is not None:
            link = cart_key(session.cart_id)
        outcome = await self._create(
            keys=[_request(request.name), session_key(session.id), link, *_STREAMS],
            args=[
                request.fingerprint,
                int(session.cart_id is not None),
                session.id,
                session.platform,
                session.status,
                _ms(session.expires_at),
                _ms(now),
                session.model_dump_json(),
                KEEP_SECONDS,
                started_event(session).model_dump_json(),
                occasion(SERVICE, now),
            ],
        )
        if outcome[0] == "existing":
            return load(outcome[1]), False
        return settle(outcome), True

    async def replace(self, session: Session, request: ReplaceSession, now: datetime) -> Session:
        """Put new contents in the place of the old, at the next version."""
        expected = "" if request.expected_version is None else request.expected_version
        written = [expected, session.status, session.model_dump_json()]
        return await self._write_session(request, now, written)

    async def cancel(self, request: CancelSession, now: datetime) -> Session:
        """Mark the session as cancelled."""
        return await self._write_session(request, now, ["", "canceled", ""])

    async def _write_session(
        self, request: ReplaceSession | CancelSession, now: datetime, written: list[Any]
    ) -> Session:
        key = request.request
        outcome = await self._write(
            keys=[_request(key.name), session_key(request.session_id), *_STREAMS],
            args=[
                *[key.fingerprint, request.platform, _ms(now), *written, KEEP_SECONDS],
                *[request.session_id, occasion(SERVICE, now)],
            ],
        )
        return settle(outcome)

    async def begin(
        self, request: CompleteSession, saga_id: str, order_id: str, now: datetime
    ) -> Saga | Session:
        """Start a saga; or the session that an earlier, equal request ended with."""
        key, session = request.request, request.session_id
        expected = "" if request.expected_version is None else request.expected_version
        outcome = await self._begin(
            keys=[_request(key.name), session_key(session), saga_key(saga_id), ACTIVE],
            args=[
                *[key.fingerprint, key.name, request.platform, _ms(now), expected],
                *[saga_id, session, order_id, LEASE_MS],
            ],
        )
        if outcome[0] != "begun":
            return settle(outcome)
        return Saga(
            id=saga_id,
            fence=1,
            stage="reserving",
            session=load(outcome[1]),
            order_id=order_id,
            request=key.name,
        )

    async def advance(self, saga: Saga, stage: str, **written: str) -> bool:
        """Move on to a stage, with what is to be remembered; false if another driver took over."""
        pairs = [part for field, value in written.items() for part in (field, value)]
        moved = await self._advance(
            keys=[saga_key(saga.id)], args=[saga.fence, saga.stage, stage, *pairs]
        )
        return bool(moved)

    async def answer(
        self,
        saga: Saga,
        stage: str,
        session: Session,
        event: Event,
        now: datetime,
        *,
        keep_answer: bool,
        ended: bool,
    ) -> Session | None:
        """Write the saga's outcome for whoever waits, with what is published of it.

        None if another driver took over.
        """
        snapshot = await self._answer(
            keys=[
                saga_key(saga.id),
                session_key(session.id),
                _request(saga.request),
                ACTIVE,
                *_STREAMS,
            ],
            args=[
                saga.fence,
                saga.stage,
                stage,
                session.status,
                session.model_dump_json(),
                int(keep_answer),
                saga.id,
                int(ended),
                KEEP_SECONDS,
                session.id,
                event.type,
                event.model_dump_json(),
                occasion(SERVICE, now),
            ],
        )
        return None if snapshot is None else load(snapshot)

    async def end(self, saga: Saga, stage: str) -> bool:
        """The last transition of a saga that has answered."""
        args = [saga.fence, saga.stage, stage, saga.id, KEEP_SECONDS]
        return bool(await self._end(keys=[saga_key(saga.id), ACTIVE], args=args))

    async def hand_over(self, saga: Saga) -> None:
        """Let another driver take over soon, if the saga has not ended and none has yet."""
        args = [saga.fence, saga.id, PAUSE_MS]
        await self._hand_over(keys=[saga_key(saga.id), ACTIVE], args=args)

    async def claim(self, limit: int) -> list[Saga]:
        """Take over sagas whose driver's lease has lapsed."""
        found = await self._claim(keys=[ACTIVE], args=[LEASE_MS, limit])
        return [claimed(*saga) for saga in found]
