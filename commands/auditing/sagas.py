"""Sagas that do not end, and what they and their sessions say of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from commands.auditing.books import Books
from commands.auditing.findings import Discrepancy, Findings
from commands.auditing.inspection import Suspects, inspect, suspects
from deployments.checkout.records import SagaRecord, SessionRecord

ABANDONED = timedelta(seconds=60)
"""How long after its lease a saga without a driver is one that nobody takes up."""
STUCK = timedelta(minutes=10)
"""How long after its begin a saga that is driven again and again gets nowhere."""
KEPT = timedelta(days=29)
"""Sessions are kept for thirty days; younger sagas must have theirs."""
_BEFORE_THE_ANSWER = frozenset({"reserving", "authorising", "placing", "undoing"})
_PLACED = frozenset({"settling", "done"})


class Sagas:
    """The check, over one set of books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._open = set[str]()

    async def check(self) -> Findings:
        """Every saga on record, and every one that is to be driven on."""
        count, wrong = await inspect(self._books.checkout.saga_ids(), self._sagas, self._books)
        return Findings({"sagas": count, "in flight": len(self._open)}, tuple(wrong))

    async def _sagas(self, ids: Sequence[str]) -> Suspects:
        sagas = await self._books.checkout.sagas(ids)
        self._open |= {id_ for id_, saga in sagas.items() if saga.is_open}
        named = {saga.session_id for saga in sagas.values()}
        sessions = await self._books.checkout.sessions(sorted(named))
        now = self._books.now()
        return suspects(
            (id_, [*saga_ends(saga, now), *saga_and_session(saga, sessions[saga.session_id], now)])
            for id_, saga in sagas.items()
        )


def saga_ends(saga: SagaRecord, now: datetime) -> Iterator[Discrepancy]:
    """A saga is driven until it has ended, in time, and not any longer."""
    keys, active = (saga.key,), saga.lease_ends is not None
    if saga.stage is None:
        if active:
            yield Discrepancy("saga_missing", keys, "It is to be driven on, but there is none.")
    elif not saga.is_open:
        if active:
            yield Discrepancy("still_active", keys, f"It is {saga.stage}, but to be driven on.")
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
    if not record.found and (saga.is_open or now - _moment(saga.started_at) < KEPT):
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
