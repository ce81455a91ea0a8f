"""Tries mutants in copies of a checkout, several at a time."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from tests.mutants.mutant import Mutant

_PATIENCE = 3.0
_SLACK_SECONDS = 30.0


class BaselineFailedError(Exception):
    """The tests do not pass without any change; the message is what they said."""


class TrialResult(NamedTuple):
    """Whether the tests noticed a mutant."""

    mutant: Mutant
    noticed: bool


class Trial:
    """Runs these tests of a checkout, in `workers` copies of it."""

    def __init__(self, root: Path, tests: Sequence[str], *, workers: int) -> None:
        self._root, self._tests, self._workers = root, tests, workers
        self._files = _files(root)
        self._seconds = float("inf")

    async def run(self, mutants: Sequence[Mutant]) -> AsyncIterator[TrialResult]:
        """The verdicts as they come. Raises `BaselineFailedError`."""
        waiting = asyncio.Queue[Mutant]()
        for mutant in mutants:
            waiting.put_nowait(mutant)
        done = asyncio.Queue[TrialResult]()
        async with self._copy() as copy:
            await self._baseline(copy)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._work(waiting, done))
            for _ in mutants:
                yield await done.get()

    async def _baseline(self, copy: Path) -> None:
        started = monotonic()
        status, said = await self._pytest(copy, None)
        if status != 0:
            raise BaselineFailedError(said)
        self._seconds = (monotonic() - started) * _PATIENCE + _SLACK_SECONDS

    async def _work(self, waiting: asyncio.Queue[Mutant], done: asyncio.Queue[TrialResult]) -> None:
        async with self._copy() as copy:
            while not waiting.empty():
                mutant = waiting.get_nowait()
                done.put_nowait(TrialResult(mutant, await self._notices(copy, mutant)))

    async def _notices(self, copy: Path, mutant: Mutant) -> bool:
        file = copy / mutant.path
        original = file.read_text()
        file.write_text(mutant.text)
        try:
            status, _ = await self._pytest(copy, self._seconds)
        except TimeoutError:
            return True
        finally:
            file.write_text(original)
        return status != 0

    async def _pytest(self, copy: Path, seconds: float | None) -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        process = await asyncio.create_subprocess_exec(
            *command,
            *self._tests,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate()
        except TimeoutError:
            os.killpg(process.pid, 9)
            await process.wait()
            raise
        return process.returncode or 0, said.decode()

    @asynccontextmanager
    async def _copy(self) -> AsyncIterator[Path]:
        """The checkout's files, elsewhere."""
        with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
            copy = Path(directory)
            for name in self._files:
                target = copy / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self._root / name, target)
            yield copy


def _files(root: Path) -> list[str]:
    """The files that git knows or would take, and that are there."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (root / name).is_file()]
