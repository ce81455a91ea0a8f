"""A circuit breaker: a dependency that keeps failing is left alone, and its callers know at once.

Closed, it lets calls through; after nothing but failures for a while it is open, and refuses them.
After a cool-down it tries one call: an answer closes it, a failure is another cool-down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from deployments.foundation.rpc.calls import DependencyUnavailable, Reply, Transport

FAILURES = 5
LASTING_SECONDS = 1.0
"""Calls that are under way when a replica dies fail together, and the next one is answered by
another replica. So failures open the circuit only if they also go on for this long."""
COOL_DOWN_SECONDS = 3.0
_FAIR_SHARE = 0.9
"""The part of its usual time that a call must have had for its lateness to count."""
_log = logging.getLogger(__name__)


class Breaker:
    """A transport that lets calls through to one application unless its circuit is open.

    An answer closes the circuit, a rejection like any other, and so does a bug, which is quick and
    may be one request's fault. What counts as a failure is what makes callers wait: no answer in
    the usual `timeout` seconds (none in a caller's own shorter time says nothing), a lost
    connection, a dependency whose own Redis is away, and one that is not there.
    """

    def __init__(
        self,
        app: str,
        transport: Transport,
        *,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._transport = app, transport
        self._timeout, self._clock = timeout, clock
        self._failures, self._failing_since = 0, 0.0
        self._answered_at = clock()
        self._next_trial_at: float | None = None
        self._trying = False

    async def __call__(self, method: str, body: bytes, seconds: float) -> Reply:
        """The transport's reply; `DependencyUnavailable` at once while the circuit is open."""
        trial, started = self._admit(), self._clock()
        try:
            reply = await self._transport(method, body, seconds)
        except DependencyUnavailable as failure:
            self._judge(failure, seconds, started, trial=trial)
            raise
        finally:
            self._trying = self._trying and not trial
        self._close()
        return reply

    def _admit(self) -> bool:
        """Whether this call is the trial of an open circuit; raises if it may not be made."""
        if self._next_trial_at is None:
            return False
        if self._trying or self._clock() < self._next_trial_at:
            raise DependencyUnavailable(self._app, "it kept failing, its circuit is open", "open")
        self._trying = True
        return True

    def _judge(
        self, failure: DependencyUnavailable, seconds: float, started: float, *, trial: bool
    ) -> None:
        enough = seconds >= _FAIR_SHARE * self._timeout
        if failure.kind == "failed":
            self._close()
        # A full queue is a quick answer too, but not one that shows the dependency to be well.
        elif failure.kind != "busy" and (enough or failure.kind != "late"):
            self._count(failure, started, trial=trial)

    def _count(self, failure: DependencyUnavailable, started: float, *, trial: bool) -> None:
        if self._failures == 0:
            self._failing_since = max(started, self._answered_at)
        self._failures += 1
        lasting = self._clock() - self._failing_since >= LASTING_SECONDS
        if trial or (self._next_trial_at is None and lasting and self._failures >= FAILURES):
            _log.warning("the circuit is open: %s", failure)
            self._next_trial_at = self._clock() + COOL_DOWN_SECONDS

    def _close(self) -> None:
        if self._next_trial_at is not None:
            _log.info("%s answers again", self._app)
        self._failures, self._answered_at = 0, self._clock()
        self._next_trial_at = None
