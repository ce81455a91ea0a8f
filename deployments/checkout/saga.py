"""The completing saga: reserve and redeem, authorise and allocate, place; then commit and capture.

    reserving -> authorising -> placing -> settling -> done
        |             |
        +-------------+-> undoing -> undone
                             |
                             +-> undo_failed -> undone

Each stage is written down before its steps are taken. Every transition is a compare-and-set
under the driver's fencing number, so that the handler that began a saga and the recovery that
took it over cannot both drive. Up to `authorising` a saga whose client's instrument is gone is
undone; from `placing` on it only goes forward. The answer is written when the order is placed
or everything is undone, whoever got it there.

A step whose call was certainly not made (its service is known to be down) needs no undo, so that
the session is free again at once and not only when that service is back. A step whose undo is
rejected, or fails again and again, keeps nobody from the answer: the session is free again, and the
saga waits in `undo_failed` for an operator. How sagas that fail are left is said in `failures.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace

from deployments.checkout.contract import Session
from deployments.checkout.domain import completed_event
from deployments.checkout.failures import Failures, may_pass, outcome_of
from deployments.checkout.saga_store import SagaStore
from deployments.checkout.steps import CompletionAttempt, Steps
from deployments.foundation.http.idempotency import StillRunning, still_running
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.detach import go_on
from deployments.foundation.rpc.rejection import Rejection, StepUndone, to_wire
from deployments.foundation.values.clock import Clock, utc_now

DRIVE_SECONDS = 12.0
"""Less than a driver's lease, so that a driver has stopped before another may take over."""
_UNDONE_BY = {
    "reserving": ("reserving",),
    "authorising": ("authorising", "reserving"),
    "placing": ("placing", "authorising", "reserving"),
}
_log = logging.getLogger(__name__)


class AttemptUndone(DependencyUnavailable):
    """The saga has ended for technical reasons, without a trace: the client may try again."""

    def __init__(self) -> None:
        super().__init__("checkout", "the attempt was undone")


class Driver:
    """Takes a saga from wherever it stands to its answer, and from there to its end."""

    def __init__(self, sagas: SagaStore, steps: Steps, clock: Clock = utc_now) -> None:
        self.sagas, self._steps, self._clock = sagas, steps, clock
        self._failures = Failures(sagas)

    async def drive(self, attempt: CompletionAttempt) -> Session:
        """The session with the saga's outcome.

        Raises `DependencyUnavailable` when the outcome is still open, `AttemptUndone` when it was
        undone for technical reasons, and rejects with `StillRunning` when another driver has taken
        over.
        """
        try:
            return await self._drive(attempt)
        except (AttemptUndone, StillRunning):
            raise
        except Rejection as rejection:
            await self._failures.left(attempt.saga, rejection)
            raise DependencyUnavailable("checkout", f"{attempt.saga.id} is parked") from rejection
        except Exception as failure:
            await self._failures.left(attempt.saga, failure)
            raise

    async def _drive(self, attempt: CompletionAttempt) -> Session:
        stage = attempt.saga.stage
        if stage == "undoing":
            return await self._undo(attempt)
        if stage == "undo_failed":
            return await self._finish_undo(attempt)
        if stage == "settling":
            return await self._settle(attempt)
        if stage != "placing":
            try:
                attempt = await self._up_to_placing(attempt)
            except _TurnedBack as turned:
                return await self._undo(turned.attempt, turned.cause)
        return await self._place(attempt)

    async def _up_to_placing(self, attempt: CompletionAttempt) -> CompletionAttempt:
        """Take the stages that can be undone; raises `_TurnedBack` when one fails."""
        if attempt.instrument is None:
            raise _TurnedBack(await self._turn_back(attempt, None), None)
        for following in ("authorising", "placing"):
            await self._take_stage(attempt)
            attempt = await self._advance(attempt, following)
        return attempt

    async def _take_stage(self, attempt: CompletionAttempt) -> None:
        """Take a stage's steps, all at once, and turn back if one fails."""
        steps = self._steps.stages[attempt.saga.stage]
        outcomes = await _outcomes(step.take(attempt) for step in steps)
        try:
            _raise_failure(outcomes)
        except StepUndone as undone:
            raise still_running() from undone
        except (Rejection, DependencyUnavailable) as failure:
            made = zip(steps, map(_was_made, outcomes), strict=True)
            untaken = frozenset(step.name for step, was_made in made if not was_made)
            turned = await self._turn_back(attempt, failure, untaken)
            raise _TurnedBack(turned, failure) from failure

    async def _turn_back(
        self,
        attempt: CompletionAttempt,
        failure: Exception | None,
        untaken: frozenset[str] = frozenset(),
    ) -> CompletionAttempt:
        """Write down that, how far and why the saga is undone, and what need not be."""
        written = {"undo_from": attempt.saga.stage, "untaken": " ".join(sorted(untaken))}
        rejection = None
        if isinstance(failure, Rejection):
            name, body = to_wire(failure)
            rejection = (name, body.decode())
            written |= {"rejection": name, "rejection_body": rejection[1]}
        turned = await self._advance(attempt, "undoing", **written)
        saga = replace(
            turned.saga, undo_from=attempt.saga.stage, untaken=untaken, rejection=rejection
        )
        return replace(turned, saga=saga)

    async def _undo(self, attempt: CompletionAttempt, cause: Exception | None = None) -> Session:
        saga, rejected = attempt.saga, attempt.saga.rejection is not None
        left = await self._undo_steps(attempt)
        session, event = outcome_of(saga)
        # A technical failure is no answer: the same request may be tried again under its key.
        outcome = await self.sagas.answer(
            saga,
            "undone" if left is None else "undo_failed",
            session,
            event,
            self._clock(),
            keep_answer=rejected,
            ended=left is None,
        )
        if outcome is None:
            raise still_running()
        if left is not None:
            await self._failures.park(saga, left)
        if not rejected:
            raise AttemptUndone from cause
        return outcome

    async def _undo_steps(self, attempt: CompletionAttempt) -> Exception | None:
        """Undo what was taken; what keeps a step from it for good, if anything does.

        Raises what may pass.
        """
        saga = attempt.saga
        stages = _UNDONE_BY[saga.undo_from or "placing"]
        steps = [step for stage in stages for step in self._steps.stages[stage]]
        taken = [step for step in steps if step.name not in saga.untaken]
        try:
            await _all(step.undo(attempt) for step in taken if step.undo is not None)
        except Exception as failure:
            if may_pass(saga, failure):
                raise
            return failure
        return None

    async def _finish_undo(self, attempt: CompletionAttempt) -> Session:
        """Undo what an operator wants to have tried again; its answer was given long ago."""
        left = await self._undo_steps(attempt)
        if left is not None:
            raise left
        await self.sagas.end(attempt.saga, "undone")
        return attempt.session

    async def _place(self, attempt: CompletionAttempt) -> Session:
        placed = await self._steps.place(attempt)
        completed = attempt.session.model_copy(
            update={"status": "completed", "order": placed, "notices": ()}
        )
        outcome = await self.sagas.answer(
            attempt.saga,
            "settling",
            completed,
            completed_event(completed, placed),
            self._clock(),
            keep_answer=True,
            ended=False,
        )
        if outcome is None:
            raise still_running()
        settling = replace(attempt, saga=replace(attempt.saga, stage="settling", session=outcome))
        name = f"settle {attempt.saga.id}"
        go_on(self._settle_afterwards(settling), seconds=DRIVE_SECONDS, name=name)
        return outcome

    async def _settle_afterwards(self, attempt: CompletionAttempt) -> None:
        """Settle what the client has its answer of, or leave that to the recovery."""
        try:
            await self.drive(attempt)
        except DependencyUnavailable as reason:
            _log.warning("%s is left to the recovery: %s", attempt.saga.id, reason)

    async def _settle(self, attempt: CompletionAttempt) -> Session:
        await _all(step.take(attempt) for step in self._steps.stages["settling"])
        await self.sagas.end(attempt.saga, "done")
        return attempt.session

    async def _advance(
        self, attempt: CompletionAttempt, stage: str, **written: str
    ) -> CompletionAttempt:
        if not await self.sagas.advance(attempt.saga, stage, **written):
            raise still_running()
        return replace(attempt, saga=replace(attempt.saga, stage=stage))


class _TurnedBack(Exception):  # noqa: N818 - a turn of the saga, caught where it is undone.
    def __init__(self, attempt: CompletionAttempt, cause: Exception | None) -> None:
        super().__init__()
        self.attempt, self.cause = attempt, cause


async def _all(steps: Iterable[Awaitable[object]]) -> None:
    """Wait for all steps to end; raise a failure that may pass if there is one, else the first."""
    _raise_failure(await _outcomes(steps), first=DependencyUnavailable)


async def _outcomes(steps: Iterable[Awaitable[object]]) -> Sequence[object]:
    return await asyncio.gather(*steps, return_exceptions=True)


def _raise_failure(outcomes: Sequence[object], first: type[Exception] = Rejection) -> None:
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    failures.sort(key=lambda failure: not isinstance(failure, first))
    for failure in failures:
        raise failure


def _was_made(outcome: object) -> bool:
    return not isinstance(outcome, DependencyUnavailable) or outcome.made
