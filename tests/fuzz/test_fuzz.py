"""Whatever the API's document allows, and what it does not: never a failure, and never an answer
that the document does not know.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import Counter
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commands.openapi import public_operations
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from tests.conftest import ClientOf
from tests.in_process import mail_token, store_in_process
from tests.served import served

ROOT = Path(__file__).parents[2]
EXAMPLES = 20
"""Of each operation, beside those that cover the schemas' borders one by one."""


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


async def fuzz(url: str, mail_token: str) -> tuple[int | None, str]:
    """How the fuzzer ended, and what it told."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run"]
    command += [f"{url}/.well-known/openapi.json", "--max-examples", str(EXAMPLES)]
    command += ["--generation-deterministic", "--no-color"]
    fuzzer = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={
            **os.environ,
            "FIELDHOUSE_API_KEY": DEVELOPMENT_KEY,
            "FUZZ_MAIL_TOKEN": mail_token,
            "PYTHONPATH": str(ROOT),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await fuzzer.communicate()
    return fuzzer.returncode, told.decode()


async def test_no_input_makes_the_store_fail_or_leave_its_document(redis_of: ClientOf) -> None:
    async with store_in_process(redis_of) as store:
        witness = Witness(store.app())
        async with served(witness) as url:
            ended, told = await fuzz(url, await mail_token(redis_of, "ada@example.com"))
    assert ended == 0, told
    for prefix, operations in public_operations().items():
        for one in operations:
            seen = witness.statuses(one.method, f"{prefix}{one.path}".rstrip("/"))
            assert set(one.answers) <= seen, f"{one.id} was answered with {sorted(seen)} only"
