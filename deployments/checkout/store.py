"""Checkout's state in Redis.

| key | what |
| --- | --- |
| `{checkout}:session:<id>` | hash: platform, version, status, expires_at (ms), doc (JSON), saga |
| `{checkout}:platform:<platform>` | sorted set: its unsold sessions, by their end (ms) |
| `{checkout}:cart:<cart id>` | the session that was made of a cart; kept as long as that |
| `{checkout}:request:<name>` | hash: an idempotency key's fingerprint and answer, for 24 hours |
| `{checkout}:saga:<id>` | hash: stage, fence, session, order, request, fingerprint, started_at |
| `{checkout}:sagas:active` | sorted set of sagas that have not ended, by when their lease lapses |
| `{checkout}:sagas:parked` | sorted set of sagas that wait for an operator, by since when (ms) |
| `{checkout}:barrier` | foundation's `promises.py` |
| `{checkout}:events:0` to `15` | streams of what is published (foundation's `publishing.py`) |

A session that is being completed is kept until its saga has ended; one that was completed for 30
days more, and any other until a day after it expires. A document has 128 KiB at most, and so has
the answer that a key remembers. A saga's record is kept for 30 days after its end.

A saga that turned back also has: undo_from, untaken, and why: rejection, rejection_body. One that
failed has how often, and why the last time: failures, failure. `version` and `status` in a
session's hash are the truth; the doc repeats them as of its last writing. Every change is one
script, in which the idempotency key, the effect, the answer and what is published are one. A
session's hash also counts its events, in `sequence`. Leases go by Redis' clock (`leases.lua`),
everything else by the caller's.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from deployments.checkout.contract import CancelSession, CreatedSession, ReplaceSession, Session
from deployments.checkout.domain import started_event
from deployments.checkout.replies import created, load, not_found, settle
from deployments.foundation.events.publishing import occasion, streams_of
from deployments.foundation.http.idempotency import RequestKey
from deployments.foundation.redis.connection import script
from deployments.foundation.values.settings import settings

SERVICE = "checkout"
STREAMS = streams_of(SERVICE)
KEEP_SECONDS = 30 * 24 * 3600
"""How long what has ended can still be read: a completed session, and the record of a saga."""
ACTIVE, PARKED = "{checkout}:sagas:active", "{checkout}:sagas:parked"
_LUA = Path(__file__).parent / "lua"


def session_key(session_id: str) -> str:
    """Where a session is."""
    return f"{{checkout}}:session:{session_id}"


def platform_key(platform: str) -> str:
    """Where a platform's sessions that are not bought are."""
    return f"{{checkout}}:platform:{platform}"


def request_record(name: str) -> str:
    """Where an idempotency key's record is."""
    return f"{{checkout}}:request:{name}"


def saga_key(saga_id: str) -> str:
    """Where a saga is."""
    return f"{{checkout}}:saga:{saga_id}"


def cart_key(cart_id: str) -> str:
    """Where a cart's link is."""
    return f"{{checkout}}:cart:{cart_id}"


def ms(moment: datetime) -> int:
    """A moment as scripts take it."""
    return int(moment.timestamp() * 1000)


def lua(redis: Redis, name: str, *preludes: str) -> Any:  # noqa: ANN401 - scripts answer Any.
    """One of checkout's scripts, after foundation's preludes of these names and its own."""
    return script(redis, _LUA / f"{name}.lua", *preludes, _LUA / "session")


class CheckoutStore:
    """Sessions of one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._at_most = settings().sessions_per_platform
        self._create = lua(redis, "create_session", "requests", "publish")
        self._write = lua(redis, "write_session", "requests", "publish")

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
            pipe.hmget(request_record(request.name), ["fingerprint", "answer"])
            (owner, *state), (fingerprint, answer) = await pipe.execute()
        if owner != platform:
            raise not_found()
        before = None
        if request.fingerprint and fingerprint:
            outcome = "repeat" if fingerprint == request.fingerprint else "reused"
            before = settle([outcome, answer])
        return load("\n".join(state)), before

    async def created(self, request: RequestKey) -> CreatedSession | None:
        """What this request to create was answered before. Rejects with `KeyReused`."""
        if not request.fingerprint:
            return None
        fields = ["fingerprint", "answer", "existing"]
        fingerprint, *answer = await self._redis.hmget(request_record(request.name), fields)
        if fingerprint is None:
            return None
        return created(["repeat" if fingerprint == request.fingerprint else "reused", *answer])

    async def create(self, session: Session, request: RequestKey, now: datetime) -> CreatedSession:
        """Keep a new session; or the one that its cart has already, or this request was answered.

        Rejects with `CartBought` and `LimitReached`.
        """
        record, platform = request_record(request.name), platform_key(session.platform)
        link = record if session.cart_id is None else cart_key(session.cart_id)
        outcome = await self._create(
            keys=[record, session_key(session.id), platform, link, *STREAMS],
            args=[
                *[request.fingerprint, int(session.cart_id is not None)],
                *[session.id, session.platform, session.status],
                *[ms(session.expires_at), ms(now), session.model_dump_json()],
                *[self._at_most, started_event(session).model_dump_json()],
                occasion(SERVICE, now),
            ],
        )
        return created(outcome)

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
        key, session = request.request, session_key(request.session_id)
        platform = platform_key(request.platform)
        outcome = await self._write(
            keys=[request_record(key.name), session, platform, *STREAMS],
            args=[
                *[key.fingerprint, request.platform, ms(now), *written, request.session_id],
                occasion(SERVICE, now),
            ],
        )
        return settle(outcome)
