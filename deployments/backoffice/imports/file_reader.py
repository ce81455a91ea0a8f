"""The process that reads a file, seen from whoever wants its items."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from deployments.backoffice.confined import environment
from deployments.backoffice.formats.items import ITEMS, ImportItem, ImportKind, RefusedRow
from deployments.backoffice.language import message
from deployments.backoffice.tables.limits import UnreadableError

_MODULE = "deployments.backoffice.imports.reader"
_LONGEST_LINE = 32 * 2**20
_SECONDS = 1800.0
"""How long a file may take; 100,000 rows take some twenty seconds of a processor, which others need
more: the reader gives way to everybody."""
ReadEntry = ImportItem | RefusedRow


class FileBeingRead:
    """A file whose reader has found out what it is; its entries are read once, in their order."""

    def __init__(self, process: Process, kind: ImportKind, beginning: dict[str, Any]) -> None:
        self.wrote: str = beginning["read"]
        self.total: int = beginning["total"]
        self.left_out: tuple[str, ...] = tuple(beginning["left_out"])
        self.peak_kibibytes = 0
        """What the reader took in memory at most; known at the end."""
        self._process, self._model = process, ITEMS[kind]

    async def entries(self) -> AsyncIterator[ReadEntry]:
        """Items, and rows that make no sense. Raises `UnreadableError`."""
        while True:
            said = await _line(self._process)
            if "item" in said:
                yield self._model.model_validate_json(json.dumps(said["item"]))
            elif "refused" in said:
                yield RefusedRow.model_validate(said["refused"])
            else:
                self.peak_kibibytes = int(said["peak_kibibytes"])
                return


@asynccontextmanager
async def file_being_read(
    kind: ImportKind, parts: AsyncIterator[bytes]
) -> AsyncIterator[FileBeingRead]:
    """Reads a file in a process of its own, which ends with the block. Raises `UnreadableError`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", _MODULE, kind),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=_LONGEST_LINE,
        env=environment(),
        cwd="/",
    )
    feeding = asyncio.create_task(_feed(process, parts))
    try:
        async with asyncio.timeout(_SECONDS):
            beginning = await _line(process)
            yield FileBeingRead(process, kind, beginning)
    except TimeoutError:
        raise _unreadable() from None
    finally:
        feeding.cancel()
        with suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(feeding, return_exceptions=True)
        await process.wait()


async def _feed(process: Process, parts: AsyncIterator[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe.
    # The reader may have seen enough, or too much, before the end.
    with suppress(BrokenPipeError, ConnectionResetError):
        async for part in parts:
            process.stdin.write(part)
            await process.stdin.drain()
    process.stdin.close()


async def _line(process: Process) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - it is a pipe.
    try:
        line = await process.stdout.readline()
    except ValueError:
        raise _unreadable() from None
    if not line:
        # It met one of its bounds, or something that its libraries do not survive.
        raise _unreadable()
    said: dict[str, Any] = json.loads(line)
    if "unreadable" in said:
        raise UnreadableError(said["unreadable"], **said["values"])
    return said


def _unreadable() -> UnreadableError:
    return UnreadableError(
        message("The file takes more memory or time than is allowed. Divide it, or save it as CSV.")
    )
