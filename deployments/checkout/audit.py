"""The checks of checkout's own books: sagas that do not end, sessions, carts' links, events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from deployments.checkout.events import CheckoutCancelled, CheckoutCompleted
from deployments.checkout.records import SURELY_KEPT, CheckoutRecords, SagaRecord, SessionRecord
from deployments.foundation.audit.findings import Discrepancy, Findings
from deployments.foundation.audit.inspection import Inspection, Suspects, suspects
from deployments.foundation.audit.published import CountedRecords, PublishedEvents, Truth, as_told
from deployments.foundation.events.publishing import Envelope

ABANDONED = timedelta(seconds=60)
"""How long after its lease a saga without a driver is one that nobody takes up."""
STUCK = timedelta(minutes=5)
"""How long after its begin a saga that is driven again and again gets nowhere."""
_BEFORE_THE_ANSWER = frozenset({"reserving", "authorising", "placing", "undoing"})
_PLACED = frozenset({"settling", "done"})
_SESSION_STATES = {CheckoutCompleted.type: "completed", CheckoutCancelled.type: "canceled"}


class CheckoutAudit:
    """The checks, over one Redis."""

    def __init__(self, redis: Redis, inspection: Inspection) -> None:
        self._redis, self._inspection = redis, inspection
        self._records = CheckoutRecords(redis)

    async def sagas(self) -> Findings:
        """Every saga on record, and every one that is to be driven on."""
        in_flight = set[str]()

        async def examine(ids: Sequence[str]) -> Suspects:
            sagas = await self._records.sagas(ids)
            in_flight.update(id_ for id_, saga in sagas.items() if saga.is_open)
            return await self._sagas(sagas)

        count, wrong = await self._inspection.each(self._records.saga_ids(), examine)
        return Findings({"sagas": count, "in flight": len(in_flight)}, tuple(wrong))

    async def _sagas(self, sagas: dict[str, SagaRecord]) -> Suspects:
        named = {saga.session_id for saga in sagas.values()}
        sessions = await self._records.sessions(sorted(named))
        now = await self._inspection.now(self._redis)
        return suspects(
            (id_, [*saga_ends(saga, now), *saga_and_session(saga, sessions[saga.session_id], now)])
            for id_, saga in sagas.items()
        )

    async def links(self) -> Findings:
        """Every session, and every cart of which a session was made."""
        sessions, wrong = await self._inspection.each(self._records.session_ids(), self._sessions)
        carts, unlinked = await self._inspection.each(self._records.linked_carts(), self._carts)
        counts = {"sessions": sessions, "carts checked out": carts}
        return Findings(counts, (*wrong, *unlinked))

    async def _sessions(self, ids: Sequence[str]) -> Suspects:
        records = await self._records.sessions(ids)
        sagas = await self._records.sagas([record.saga or "" for record in records.values()])
        return suspects(
            (id_, session_is_whole(record, sagas[record.saga or ""]))
            for id_, record in records.items()
        )

    async def _carts(self, ids: Sequence[str]) -> Suspects:
        links = await self._records.links(ids)
        named = {session_id for _, session_id in links.values() if session_id}
        sessions = await self._records.sessions(sorted(named))
        return suspects(
            (cart_id, cart_has_its_session(cart_id, key, sessions[session_id]))
            for cart_id, (key, session_id) in links.items()
            if session_id
        )

    async def events(self) -> Findings:
        """What was published of sessions."""
        records = self._records
        truth = Truth(records.sessions, session_is_published)
        counts = CountedRecords(records.session_ids, records.sessions)
        return await PublishedEvents(
            "checkout", self._redis, self._inspection, truth, counts
        ).check()


def saga_ends(saga: SagaRecord, now: datetime) -> Iterator[Discrepancy]:
    """A saga is driven until it has ended, in time, and not any longer."""
    keys, active = (saga.key,), saga.lease_ends is not None
    if saga.stage is None:
        if active:
            yield Discrepancy("saga_missing", keys, "It is to be driven on, but there is none.")
    elif not saga.is_open:
        if active:
            yield Discrepancy("still_active", keys, f"It is {saga.stage}, but to be driven on.")
    elif saga.parked_at is not None:
        since = int((now - _moment(saga.parked_at)).total_seconds())
        what = f"It has waited for an operator for {since} s at {saga.stage}: {saga.failure}."
        yield Discrepancy("parked", keys, what)
    elif saga.lease_ends is None:
        what = f"It stands at {saga.stage} {_since(saga, now)}, and nobody will take it up."
        yield Discrepancy("forgotten", keys, what)
    elif saga.unattended > ABANDONED:
        what = f"It stands at {saga.stage} {_since(saga, now)}, and nobody has taken it up."
        yield Discrepancy("abandoned", keys, what)
    elif now - _moment(saga.started_at) > STUCK:
        what = f"It stands at {saga.stage} {_since(saga, now)}, with its driver no. {saga.fence}."
        yield Discrepancy("stuck", keys, what)


def saga_and_session(
    saga: SagaRecord, record: SessionRecord, now: datetime
) -> Iterator[Discrepancy]:
    """A session is in progress exactly until its saga has answered, and then says what it did."""
    keys, session = (saga.key, record.key), record.session
    if saga.stage is None:
        return
    is_kept = saga.stage == "done" and now - _moment(saga.started_at) < SURELY_KEPT
    if not record.found and (saga.is_open or is_kept):
        yield Discrepancy("session_missing", keys, f"It is {saga.stage}, its session is gone.")
    if session is None:
        return
    status = session.status
    in_progress = record.saga == saga.id and status == "complete_in_progress"
    if saga.stage in _BEFORE_THE_ANSWER and not in_progress:
        what = f"It is {saga.stage}, its session is {status}."
        yield Discrepancy("session_not_in_progress", keys, what)
    if saga.stage not in _BEFORE_THE_ANSWER and in_progress:
        what = f"It is {saga.stage}, its session is still being completed."
        yield Discrepancy("session_left_in_progress", keys, what)
    placed = session.order.order_id if session.order and status == "completed" else None
    if saga.stage in _PLACED and not in_progress and placed != saga.order_id:
        what = f"It placed {saga.order_id}, its session is {status} with {placed}."
        yield Discrepancy("session_not_completed", keys, what)


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _since(saga: SagaRecord, now: datetime) -> str:
    seconds = int((now - _moment(saga.started_at)).total_seconds())
    return f"{seconds} s after it began"


def session_is_whole(record: SessionRecord, saga: SagaRecord) -> Iterator[Discrepancy]:
    """A session in progress has a saga of its own, and a completed one names an order."""
    session = record.session
    if session is None:
        if record.found:
            yield Discrepancy("session_unreadable", (record.key,), "The session cannot be read.")
    elif session.status == "complete_in_progress":
        if saga.stage is None or saga.session_id != session.id:
            keys = (record.key, saga.key)
            yield Discrepancy("in_progress_without_saga", keys, "No saga completes it.")
    elif session.status == "completed" and session.order is None:
        yield Discrepancy("completed_without_order", (record.key,), "It names no order.")


def cart_has_its_session(cart_id: str, key: str, session: SessionRecord) -> Iterator[Discrepancy]:
    """A cart's link names a session that was made of it."""
    if not session.found:
        yield Discrepancy("cart_without_session", (key, session.key), "There is no such checkout.")
    elif session.session is not None and session.session.cart_id != cart_id:
        what = f"The checkout was made of {session.session.cart_id or 'no cart'}."
        yield Discrepancy("cart_of_another_session", (key, session.key), what)


def session_is_published(
    key: str, envelope: Envelope, record: SessionRecord
) -> Iterator[Discrepancy]:
    """A session, while it is on record, is completed or cancelled as it was told."""
    keys, session = (key, record.key), record.session
    if session is None:
        return
    due = _SESSION_STATES.get(envelope.type, session.status)
    if session.status != due:
        what = f"It was told as {due}, but is {session.status}."
        yield Discrepancy("session_state_differs", keys, what)
    elif envelope.type == CheckoutCompleted.type and session.order is not None:
        written = {"order_id": session.order.order_id, "total": session.priced.totals.total}
        yield from as_told("session_differs", keys, envelope.data, written)
