"""How a saga is left whose driver failed: to the recovery, or parked for an operator.

| failure | what becomes of the saga |
| --- | --- |
| a service, or Redis, is away | driven again soon, for as long as that takes |
| a bug, here or in a service | driven again, `ALLOWED` times in all; then parked |
| a rejection where there is no turning back | parked at once: trying again would not change it |
| a saga or session that cannot be read | parked at once |
"""

from __future__ import annotations

import logging

from deployments.checkout.contract import Session
from deployments.checkout.domain import after_rejection, after_unforeseen, failed_event
from deployments.checkout.events import CheckoutFailed
from deployments.checkout.replies import Saga, UnreadableSaga
from deployments.checkout.saga_store import SagaStore
from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.rejection import Rejection, from_wire

ALLOWED = 10
"""How often a saga may fail for a bug before it is parked."""
_log = logging.getLogger(__name__)


class Failures:
    """Leaves sagas that failed to whoever can go on with them."""

    def __init__(self, sagas: SagaStore) -> None:
        self._sagas = sagas

    async def left(self, saga: Saga, failure: Exception) -> None:
        """Leave a saga after a failure. Without Redis, its lease lapses by itself."""
        if isinstance(failure, Rejection):
            await self.park(saga, failure)
        elif is_bug(failure):
            if await self._sagas.fail(saga, _told(failure), ALLOWED):
                _log.error("%s is parked after %d failures: %s", saga.id, ALLOWED, _told(failure))
        elif isinstance(failure, DependencyUnavailable):
            await self._sagas.hand_over(saga)

    async def park(self, saga: Saga | UnreadableSaga, why: Exception | str) -> None:
        """Park a saga, if no other driver has taken over."""
        told = why if isinstance(why, str) else _told(why)
        if await self._sagas.fail(saga, told, allowed=1):
            _log.error("%s is parked for an operator: %s", saga.id, told)


def may_pass(saga: Saga, failure: Exception) -> bool:
    """Whether trying again may help: not after a rejection, nor after a bug too many."""
    if isinstance(failure, Rejection):
        return False
    return not is_bug(failure) or saga.failures + 1 < ALLOWED


def is_bug(failure: Exception) -> bool:
    """Whether something is broken, rather than away."""
    if isinstance(failure, DependencyUnavailable):
        return failure.kind == "failed"
    return not (is_unavailable(failure) or isinstance(failure, OSError))


def outcome_of(saga: Saga) -> tuple[Session, CheckoutFailed]:
    """The session after an attempt that was undone, and what is published of that.

    Whatever is wrong with what was written down, or with the rules for it, there is an outcome.
    """
    session = saga.session
    if saga.rejection is None:
        ready = session.model_copy(update={"status": "ready_for_complete"})
        return ready, failed_event(session, None)
    code, body = saga.rejection
    try:
        rejection = from_wire(code, body.encode())
        return after_rejection(session, rejection), failed_event(session, rejection)
    except Exception:  # noqa: BLE001 - a bug here must not keep the buyer from an answer.
        _log.exception("%s: no rule deals with its rejection %s", saga.id, code)
        return after_unforeseen(session), failed_event(session, None)


def _told(failure: Exception) -> str:
    """A failure without anything that a buyer sent."""
    if isinstance(failure, Rejection):
        return f"rejected, {failure.code}: {failure.sentence}"
    if isinstance(failure, DependencyUnavailable):
        return str(failure)
    return f"a bug: {type(failure).__name__}"
