"""Measures an import into a store that sells, all in one process but shoppers and Redis.

    python -m tests.unit.backoffice.imports.measure [VARIANTS]

It prints what shoppers wait for before, while and after a file is compared and takes effect, how
long that takes, and how much memory the store's process and the file's reader take.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
from redis.asyncio import Redis

from deployments.backoffice.imports.desk import ImportDesk
from deployments.backoffice.imports.run import ImportRun
from deployments.backoffice.imports.store import ImportStore
from deployments.datastore.users import set_user
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.redis.connection import password
from deployments.foundation.values.clock import utc_now
from deployments.store import placed
from deployments.topology import SERVICES
from tests.served import served
from tests.unit.backoffice.imports.shop import ADA
from tests.valkey import valkey_server

_SECRET = "measured"  # noqa: S105 - it guards an empty server.
_EACH = 4
_WINDOW_SECONDS = 20
_PART = 256 * 1024


def file(variants: int) -> Iterator[bytes]:
    """The products of a shop, four variants each, as CSV."""
    yield b"product_id,title,description,categories,state,sku,price,option1_name,option1_value\r\n"
    for number in range(variants):
        of = number // _EACH
        title = f"Tent {of} for the mountains" if number % _EACH == 0 else ""
        text = "It keeps rain out and warmth in. " * 4 if title else ""
        row = (
            f'm-{of},{title},"{text}","Camping > Tents",published,M-{number},{number % 500 + 9}.99,'
        )
        yield f"{row}Size,{number % _EACH}\r\n".encode()


async def chunks(variants: int) -> AsyncIterator[bytes]:
    """The same in larger parts."""
    part = bytearray()
    for row in file(variants):
        part += row
        if len(part) > _PART:
            yield bytes(part)
            part.clear()
    yield bytes(part)


async def shoppers(url: str, seconds: float) -> dict[str, Any]:
    """What shoppers wait for, in a process of their own."""
    command = [sys.executable, "-m", "tests.unit.backoffice.imports.shoppers", url, str(seconds)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    found: dict[str, Any] = json.loads(told)
    return found


class _Measured:
    """A store while it is measured."""

    def __init__(self, url: str, desk: ImportDesk) -> None:
        self._url, self._desk = url, desk
        self._process = psutil.Process()

    def _memory(self) -> str:
        return f"{self._process.memory_info().rss / 2**20:.0f} MiB"

    async def window(self, what: str, seconds: float = _WINDOW_SECONDS) -> None:
        """One line of what shoppers wait for."""
        found = await shoppers(self._url, seconds)
        print(f"{what:12} {found}, store {self._memory()}", flush=True)

    async def until(self, run: ImportRun, moving: str) -> ImportRun:
        """Windows for as long as an import moves."""
        began = time.perf_counter()
        while (now := await self._desk.get(run.kind, run.id)).state == moving:
            await self.window(f"{moving} {now.percent}%")
        took = time.perf_counter() - began
        items = (now.checked if moving == "checking" else now.made).all
        print(f"{moving}: {took:.0f} s, {items / took:.0f} products/s, {now.made or now.checked}")
        return now


async def measure(variants: int) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as at, valkey_server(Path(at)) as socket:
        async with Redis(unix_socket_path=str(socket), decode_responses=True) as admin:
            for service in SERVICES:
                await admin.execute_command(*set_user(service, _SECRET))

            def redis_of(service: str, *, at: str | None = None) -> Redis:
                return Redis(
                    unix_socket_path=str(socket),
                    username=service,
                    password=password(service, _SECRET),
                    decode_responses=True,
                )

            host = Host(placed(), redis_of, nowhere)
            await host.start()
            desk = ImportDesk(ImportStore(redis_of("backoffice")), utc_now)
            try:
                async with served(host.app()) as url:
                    await _steps(_Measured(url, desk), desk, variants)
                    print((await admin.info("memory"))["used_memory_human"], "in Redis")
            finally:
                await host.stop()


async def _steps(measured: _Measured, desk: ImportDesk, variants: int) -> None:
    await measured.window("warming", 5)
    for _ in range(2):
        await measured.window("before")
    run, _ = await desk.hand_in("products", "tents.csv", ADA, chunks(variants))
    run = await measured.until(run, "checking")
    await measured.window("compared")
    await desk.run("products", run.id, ADA, "measured")
    await measured.until(run, "running")
    for _ in range(2):
        await measured.window("after")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("deployments.backoffice").setLevel(logging.INFO)
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
