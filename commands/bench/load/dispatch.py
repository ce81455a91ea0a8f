"""The processes that put load on a store, and whoever gives them work."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psutil

from commands.bench.load.jobs import Job, Samples, merged, needed, shared_out
from commands.bench.load.shopper import Workload
from commands.run_settings import PROJECT

_CORES_A_PROCESS = 4
"""A process asks faster than the store's own code answers on this many cores."""
_LINE = 256 * 2**20
"""A job's samples are one line."""
_FOR_EVER = 3600.0
_SHOPPERS = 16
"""How many make what later jobs need."""


class LoadLostError(Exception):
    """A process that puts load on the store has ended by itself."""


class LoadGenerator:
    """Several processes that work as one, upon one store at a time."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        self._processes = processes
        self._host, self._port = "", 0
        self._workload: Workload | None = None
        self._forget = True
        self.made: dict[str, int] = {}

    @property
    def count(self) -> int:
        """How many processes there are."""
        return len(self._processes)

    @property
    def processes(self) -> list[psutil.Process]:
        """They, and the bench itself."""
        return [psutil.Process(), *(psutil.Process(each.pid) for each in self._processes)]

    def turn_to(self, url: str, workload: Workload) -> None:
        """From now on this store is asked, for these things."""
        parts = urlsplit(url)
        assert parts.hostname and parts.port  # noqa: PT018, S101 - the bench made the address.
        self._host, self._port, self._workload = parts.hostname, parts.port, workload
        self._forget, self.made = True, {}

    async def run(
        self, journey: str, connections: int, seconds: float, count: int | None = None
    ) -> Samples:
        """A journey again and again, by so many clients at once; see `Job`."""
        job = Job(
            journey=journey,
            host=self._host,
            port=self._port,
            connections=connections,
            seconds=seconds,
            count=count,
            workload=self._workload,
            forget=self._forget,
        )
        self._forget = False
        jobs = shared_out(job, len(self._processes))
        pairs = zip(self._processes, jobs, strict=False)
        samples = merged(await asyncio.gather(*(_done(*pair) for pair in pairs)))
        self.made = samples.made
        return samples

    async def make(self, journey: str, kind: str, wanted: int) -> bool:
        """See to it that there are so many carts, sessions or orders; whether that took work."""
        missing = needed(self.made, kind, wanted)
        if missing:
            await self.run(journey, min(_SHOPPERS, missing), _FOR_EVER, missing)
        return missing > 0


async def _done(process: asyncio.subprocess.Process, job: Job) -> Samples:
    assert process.stdin and process.stdout  # noqa: PT018, S101 - it was started with pipes.
    process.stdin.write(job.model_dump_json().encode() + b"\n")
    await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        raise LoadLostError(f"A load process ended with {await process.wait()}: {job.journey}")
    return Samples.model_validate_json(line)


@asynccontextmanager
async def load_processes() -> AsyncIterator[LoadGenerator]:
    """The processes, for as long as it lasts."""
    count = max(1, (os.cpu_count() or 1) // _CORES_A_PROCESS)
    command = (sys.executable, "-m", "commands.bench.load.worker")
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, limit=_LINE, cwd=PROJECT
        )
        for _ in range(count)
    ]
    try:
        yield LoadGenerator(processes)
    finally:
        for process in processes:
            assert process.stdin  # noqa: S101
            process.stdin.close()
            await process.wait()
