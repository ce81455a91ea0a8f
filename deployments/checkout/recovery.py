"""Drives sagas to their end whose driver is gone, each of them alone."""

from __future__ import annotations

import asyncio
import logging

from deployments.checkout.failures import Failures
from deployments.checkout.replies import Saga, UnreadableSaga
from deployments.checkout.saga import DRIVE_SECONDS, AttemptUndone, Driver
from deployments.checkout.steps import CompletionAttempt
from deployments.foundation.http.idempotency import StillRunning
from deployments.foundation.redis.availability import is_unavailable
from deployments.foundation.rpc.calls import DependencyUnavailable
from deployments.foundation.rpc.deadline import within

_log = logging.getLogger(__name__)


class Recovery:
    """Takes sagas over. Any number of them may run."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._failures = Failures(driver.sagas)

    async def run(self, limit: int) -> tuple[int, int]:
        """Take over `limit` sagas at most; how many those were, and how many came to an end."""
        claimed = await self._driver.sagas.claim(limit)
        ended = await asyncio.gather(*(self._recover(saga) for saga in claimed))
        return len(claimed), sum(ended)

    async def _recover(self, saga: Saga | UnreadableSaga) -> bool:
        if isinstance(saga, UnreadableSaga):
            await self._failures.park(saga, saga.why)
            return False
        _log.info("taking over %s at %s, fence %d", saga.id, saga.stage, saga.fence)
        try:
            async with within(DRIVE_SECONDS):
                await self._driver.drive(CompletionAttempt(saga))
        except AttemptUndone:
            return True
        except (DependencyUnavailable, StillRunning, TimeoutError) as reason:
            _log.warning("recovery of %s: %s", saga.id, reason)
            return False
        except Exception as failure:  # noqa: BLE001 - it must not keep other sagas from ending.
            if is_unavailable(failure):
                _log.warning("recovery of %s waits for Redis: %s", saga.id, failure)
            else:
                _log.exception("recovery of %s failed", saga.id)
            return False
        return True
