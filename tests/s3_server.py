"""A real server that speaks S3 and checks signatures, as a process of its own (nanio)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from commands.ports import free_port
from tests.eventually import eventually

BUCKET = "pictures-of-a-test"
ACCESS_KEY, SECRET_KEY = "a-key-of-a-test", "a secret of a test, that opens nothing"


@asynccontextmanager
async def s3_server(directory: Path) -> AsyncIterator[dict[str, str]]:
    """A server with one bucket; gives the variables by which AWS's libraries reach it."""
    (directory / BUCKET).mkdir(parents=True)
    port = free_port()
    command = [sys.executable, "-m", "nanio", "serve", "--host", "127.0.0.1", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *(*command, "--data-dir", str(directory), "--no-access-log", "--log-level", "error"),
        env={**os.environ, "NANIO_ACCESS_KEY": ACCESS_KEY, "NANIO_SECRET_KEY": SECRET_KEY},
    )
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        assert process.returncode is None, "the server has ended"
        try:
            async with httpx.AsyncClient() as http:
                await http.get(url)
        except httpx.TransportError:
            return False
        return True

    try:
        await eventually(answers)
        yield {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
        }
    finally:
        process.terminate()
        await process.wait()
