"""The fuzzer, and who sees what it is answered."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import Counter
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.foundation.http.authentication import DEVELOPMENT_KEY

ROOT = Path(__file__).parents[2]


class Witness:
    """An ASGI application that counts another's answers by method, path and status."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.answers: Counter[tuple[str, str, int]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def witness(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers[scope["method"], scope["path"], message["status"]] += 1
            await send(message)

        await self._app(scope, receive, witness)

    def statuses(self, method: str, path: str) -> set[int]:
        """With what the operation at this templated path was answered."""
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
        return {
            status
            for asked, at, status in self.answers
            if asked == method and pattern.fullmatch(at)
        }


async def fuzz(document: str, *words: str, examples: int, **environment: str) -> str:
    """What the fuzzer told of the API that this document describes; nothing if all was well.

    `examples` are those of each operation, beside those that cover the schemas' borders one by one.
    """
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", document, *words]
    command += ["--max-examples", str(examples), "--generation-deterministic", "--no-color"]
    fuzzer = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={
            **os.environ,
            "FIELDHOUSE_API_KEY": DEVELOPMENT_KEY,
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await fuzzer.communicate()
    return told.decode() if fuzzer.returncode else ""
