"""Sagas in Redis; see `store.py` for the keys.

Every transition is a compare-and-set under the driver's fencing number.
"""

from __future__ import annotations

from datetime import datetime

from redis.asyncio import Redis

from deployments.checkout.contract import CompleteSession, Session
from deployments.checkout.metrics import PurchaseMetrics
from deployments.checkout.replies import Saga, UnreadableSaga, claimed, load, settle
from deployments.checkout.store import (
    ACTIVE,
    KEEP_SECONDS,
    PARKED,
    SERVICE,
    STREAMS,
    cart_key,
    lua,
    ms,
    platform_key,
    request_record,
    saga_key,
    session_key,
)
from deployments.foundation.events.publishing import Event, occasion
from deployments.foundation.redis.promises import Promises

LEASE_MS = 15_000
"""How long a driver has a saga to itself; longer than it takes to drive one, or to give up."""
PAUSE_MS = 2_000
"""How soon a saga is tried again whose driver has given up."""


class SagaStore:
    """Sagas of one Redis. Each method is one round trip."""

    def __init__(self, redis: Redis, metrics: PurchaseMetrics | None = None) -> None:
        self._metrics = metrics or PurchaseMetrics()
        self._promises = Promises(redis, SERVICE)
        self._steps = Promises(redis, SERVICE, step=True)
        self._begin = lua(redis, "begin_saga", "requests", "clock", "leases")
        self._advance = lua(redis, "advance_saga")
        self._answer = lua(redis, "answer_saga", "requests", "publish")
        self._end = lua(redis, "end_saga")
        self._claim = lua(redis, "claim_sagas", "clock", "leases")
        self._hand_over = lua(redis, "hand_over_saga", "clock", "leases")
        self._fail = lua(redis, "fail_saga", "clock", "leases")
        self._retry = lua(redis, "retry_saga", "clock", "leases")

    async def begin(
        self, request: CompleteSession, saga_id: str, order_id: str, now: datetime
    ) -> Saga | Session:
        """Start a saga; or the session that an earlier, equal request ended with."""
        key, session_id = request.request, request.session_id
        expected = "" if request.expected_version is None else request.expected_version
        outcome = await self._steps.run(
            self._begin,
            [request_record(key.name), session_key(session_id), saga_key(saga_id), ACTIVE],
            [
                *[key.fingerprint, key.name, request.platform, ms(now), expected],
                *[saga_id, session_id, order_id, LEASE_MS],
            ],
        )
        if outcome[0] != "begun":
            session = settle(outcome)
            # Whoever wrote this may have been told that it can still be lost.
            await self._promises.kept()
            return session
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
        moved = await self._steps.run(
            self._advance, [saga_key(saga.id)], [saga.fence, saga.stage, stage, *pairs]
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
        key, cart = saga_key(saga.id), session.cart_id
        link = key if cart is None else cart_key(cart)
        snapshot = await self._promises.run(
            self._answer,
            [
                *[key, session_key(session.id), request_record(saga.request), ACTIVE],
                *[platform_key(session.platform), link, *STREAMS],
            ],
            [
                *[saga.fence, saga.stage, stage, session.status, session.model_dump_json()],
                *[int(keep_answer), saga.id, int(ended), KEEP_SECONDS, session.id, ms(now)],
                int(cart is not None),
                *[event.type, event.model_dump_json(), occasion(SERVICE, now)],
            ],
        )
        if snapshot is None:
            return None
        self._metrics.answered(saga, session)
        return load(snapshot)

    async def end(self, saga: Saga, stage: str) -> bool:
        """The last transition of a saga that has answered; false if another driver took over."""
        ended = await self._end(
            keys=[saga_key(saga.id), ACTIVE, session_key(saga.session.id)],
            args=[saga.fence, saga.stage, stage, saga.id, KEEP_SECONDS],
        )
        return bool(ended)

    async def hand_over(self, saga: Saga) -> None:
        """Let another driver take over soon, if the saga has not ended and none has yet."""
        args = [saga.fence, saga.id, PAUSE_MS]
        await self._hand_over(keys=[saga_key(saga.id), ACTIVE], args=args)

    async def fail(self, saga: Saga | UnreadableSaga, why: str, allowed: int) -> bool:
        """Count a failure; park the saga if that makes as many as are allowed, which is true then.

        Else another driver may soon take over. Does nothing if one has, or if the saga has ended.
        """
        parked = await self._fail(
            keys=[saga_key(saga.id), ACTIVE, PARKED],
            args=[saga.fence, saga.id, why, allowed, PAUSE_MS],
        )
        return bool(parked)

    async def claim(self, limit: int) -> list[Saga | UnreadableSaga]:
        """Take over sagas whose driver's lease has lapsed."""
        found = await self._steps.run(self._claim, [ACTIVE], [LEASE_MS, limit])
        return [claimed(*saga) for saga in found]

    async def retry(self, saga_id: str) -> bool:
        """Have a parked saga driven again, which recovery does next; false if it is not parked."""
        again = await self._retry(keys=[saga_key(saga_id), ACTIVE, PARKED], args=[saga_id])
        return bool(again)
