"""A loop ticks at its options, outlives failures, and takes its process along when it ends."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest

from deployments.foundation.events.loop import LONGEST_PAUSE_SECONDS, Loop, start
from deployments.foundation.rpc.calls import DependencyUnavailable


class OverError(BaseException):
    """Ends a loop from within: no `Exception` may do that."""


class Day:
    """What the ticks of a loop do, in order, and the pauses the loop made between them."""

    def __init__(self, *outcomes: bool | BaseException) -> None:
        self._outcomes = iter(outcomes)
        self.pauses: list[float] = []

    async def tick(self) -> bool:
        outcome = next(self._outcomes, OverError())
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def loop(self, every: float = 2.0) -> Loop:
        return Loop("test", self.tick, every=every, sleep=self.sleep)

    async def pass_by(self) -> list[float]:
        with pytest.raises(OverError):
            await self.loop().run()
        return self.pauses


def roughly(pause: float, seconds: float) -> bool:
    return 0.8 * seconds <= pause <= 1.2 * seconds


async def test_a_loop_pauses_between_ticks_and_never_twice_alike() -> None:
    pauses = await Day(*[False] * 5).pass_by()
    assert all(roughly(pause, 2) for pause in pauses)
    assert len(set(pauses)) == 5


async def test_a_tick_that_left_work_is_followed_at_once() -> None:
    first, second, third = await Day(True, True, False).pass_by()
    assert (first, second) == (0, 0)
    assert roughly(third, 2)


async def test_a_loop_backs_off_while_a_dependency_is_away_and_recovers_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = [DependencyUnavailable("inventory", "no answer") for _ in range(6)]
    *backing_off, recovered = await Day(*away, False).pass_by()
    assert all(map(roughly, backing_off, [4, 8, 16, *[LONGEST_PAUSE_SECONDS] * 3]))
    assert roughly(recovered, 2)
    assert len(caplog.records) == len(away)
    assert all(record.exc_info is None for record in caplog.records)


async def test_a_bug_in_a_tick_is_logged_once_with_its_traceback_and_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pauses = await Day(ValueError("a bug"), False).pass_by()
    assert len(pauses) == 2
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None


async def test_a_tick_that_hangs_is_cancelled_and_counts_as_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def hang() -> bool:
        await asyncio.Event().wait()
        return False

    async def enough(_seconds: float) -> None:
        raise OverError

    with pytest.raises(OverError):
        await Loop("test", hang, every=1, tick_seconds=0, sleep=enough).run()
    assert len(caplog.records) == 1


async def exit_code_of(loop: Loop, *, cancel: bool = False) -> int:
    code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = start(loop, exit_process=code.set_result)
    if cancel:
        task.cancel()
    return await asyncio.wait_for(code, 10)


async def test_a_loop_that_dies_ends_its_process(caplog: pytest.LogCaptureFixture) -> None:
    assert await exit_code_of(Day(False).loop()) == 1
    assert caplog.records[-1].levelno == logging.CRITICAL


async def test_a_loop_that_is_cancelled_ends_its_process() -> None:
    async def wait() -> bool:
        await asyncio.Event().wait()
        return False

    assert await exit_code_of(Loop("test", wait, every=1), cancel=True) == 1


async def test_a_cancellation_that_a_tick_swallows_ends_the_loop_all_the_same() -> None:
    """As redis-py does now and then, before Python 3.12."""
    entered = asyncio.Event()

    async def swallow() -> bool:
        entered.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return False

    running = asyncio.create_task(Loop("test", swallow, every=1).run())
    await entered.wait()
    running.cancel()
    await asyncio.wait_for(asyncio.wait([running]), 10)
    assert running.cancelled()
