"""The services' workers: started, killed at random as `kill -9` has it, and started again."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from commands.run_settings import PROJECT
from tests.events import effect_log


class WorkerEndedError(Exception):
    """A worker has ended though nobody killed it; what it said last is the message."""


class Worker:
    """One process at a time, for one service."""

    def __init__(self, service: str, directory: Path, environment: Mapping[str, str]) -> None:
        self.service, self._effects = service, directory / "effects"
        self._log = directory / "workers.log"
        self._environment = {**os.environ, **environment}
        self._process: Process | None = None

    async def start(self) -> None:
        """Begin to work."""
        with self._log.open("ab") as log:
            self._process = await self._run(log)

    async def _run(self, log: BinaryIO) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.events.worker", self.service, str(self._effects)),
            cwd=PROJECT,
            env=self._environment,
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
        )

    @property
    def at_work(self) -> bool:
        """Whether it has handled anything since it was started."""
        pid = self._process.pid if self._process else 0
        return (self._effects / f"{self.service}.{pid}").exists()

    def check(self) -> None:
        """Raises `WorkerEndedError` if it has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            raise WorkerEndedError(self._log.read_text(errors="replace")[-4000:])

    async def kill(self) -> None:
        """End it without warning."""
        # Put aside first: whoever checks meanwhile is not to think that it ended by itself.
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class WorkerPool:
    """All workers. `kills` says how often each service's were killed."""

    def __init__(self, workers: Sequence[Worker], effects: Path, chance: random.Random) -> None:
        self._workers, self._effects, self._chance = workers, effects, chance
        self.kills: dict[str, int] = dict.fromkeys((each.service for each in workers), 0)

    @property
    def calls(self) -> int:
        """How often a handler was called."""
        return effect_log.count(self._effects)

    def check(self) -> None:
        """Raises `WorkerEndedError` if a worker has ended by itself."""
        for worker in self._workers:
            worker.check()

    async def kill_one(self) -> None:
        """Kill one of those that are at work, whichever it is, and put another in its place."""
        candidates = [worker for worker in self._workers if worker.at_work]
        if candidates:
            unlucky = self._chance.choice(candidates)
            await unlucky.kill()
            await unlucky.start()
            self.kills[unlucky.service] += 1


@asynccontextmanager
async def worker_pool(
    services: Sequence[str], directory: Path, environment: Mapping[str, str], seed: int
) -> AsyncIterator[WorkerPool]:
    """One worker for each service that is named; all are gone in the end."""
    (directory / "effects").mkdir()
    workers = [Worker(service, directory, environment) for service in services]
    try:
        for worker in workers:
            await worker.start()
        yield WorkerPool(workers, directory / "effects", random.Random(seed))
    finally:
        for worker in workers:
            await worker.kill()
