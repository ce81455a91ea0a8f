"""`fieldhouse`, typed by a test: in this process, with the environment as it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from typer.testing import CliRunner

from commands.main import app


@dataclass(frozen=True)
class Ended:
    """What a command exits with and prints."""

    status: int
    out: str
    err: str


def fieldhouse(*words: str) -> Ended:
    """Run a command, outside any event loop."""
    result = CliRunner().invoke(app, words, prog_name="fieldhouse", catch_exceptions=False)
    return Ended(result.exit_code, result.stdout, result.stderr)


async def typed(*words: str) -> Ended:
    """Run a command beside a test's own event loop."""
    return await asyncio.to_thread(fieldhouse, *words)
