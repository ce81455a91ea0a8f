"""Measures an import into a store, all in one process but shoppers, Redis and the file's reader.

    python -m tests.unit.backoffice.imports.measure [VARIANTS]

A file of so many variants goes in first, and it is told how long that takes and how much memory.
Then another one changes all of their prices while shoppers search and fill carts: in turn it runs
and is stopped, so that whatever else the machine does falls on both alike.
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
from typing import Any, Self

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
_WINDOW_SECONDS, _PAIRS = 12, 6
_TELL_EVERY_SECONDS = 60
_PART = 256 * 1024


def file(variants: int, cents: int) -> Iterator[bytes]:
    """The products of a shop, four variants each, as CSV."""
    yield b"product_id,title,description,categories,state,sku,price,option1_name,option1_value\r\n"
    for number in range(variants):
        of = number // _EACH
        title = f"Tent {of} for the mountains" if number % _EACH == 0 else ""
        text = "It keeps rain out and warmth in. " * 4 if title else ""
        row = f'm-{of},{title},"{text}","Camping > Tents",published,M-{number}'
        yield f"{row},{number % 500 + 9}.{cents},Size,{number % _EACH}\r\n".encode()


async def chunks(variants: int, cents: int) -> AsyncIterator[bytes]:
    """The same in larger parts."""
    part = bytearray()
    for row in file(variants, cents):
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


class _Watched:
    """How much memory this process takes at most while something goes on."""

    def __init__(self) -> None:
        self._process, self._most = psutil.Process(), 0.0

    async def __aenter__(self) -> Self:
        self._began, self._cpu = time.perf_counter(), time.process_time()
        self._task = asyncio.create_task(self._watch())
        return self

    async def _watch(self) -> None:
        while True:
            self._most = max(self._most, self._process.memory_info().rss / 2**20)
            await asyncio.sleep(0.5)

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    def told(self, items: int) -> str:
        """What it took."""
        took, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        each = f"{items / took:.0f} a second, {1000 * cpu / max(1, items):.1f} ms of CPU each"
        return f"{took:.0f} s, {each}, {self._most:.0f} MiB at most"


async def _until(desk: ImportDesk, run: ImportRun, moving: str) -> ImportRun:
    """The import when it does not move any more, with how long that took."""
    async with _Watched() as watched:
        told = time.perf_counter()
        while (now := await desk.get(run.kind, run.id)).state == moving:
            await asyncio.sleep(0.5)
            if time.perf_counter() - told > _TELL_EVERY_SECONDS:
                told = time.perf_counter()
                print(
                    f"  {now.percent} %: {watched.told(now.checked.all + now.made.all)}", flush=True
                )
        tally = now.checked if moving == "checking" else now.made
        print(f"{moving}: {watched.told(tally.all)}: {tally}", flush=True)
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
                    await _steps(url, desk, variants)
                    print((await admin.info("memory"))["used_memory_human"], "in Redis")
            finally:
                await host.stop()


async def _steps(url: str, desk: ImportDesk, variants: int) -> None:
    run, _ = await desk.hand_in("products", "tents.csv", ADA, chunks(variants, 99))
    run = await _until(desk, run, "checking")
    await desk.run("products", run.id, ADA, "measured")
    await _until(desk, run, "running")
    run, _ = await desk.hand_in("products", "prices.csv", ADA, chunks(variants, 95))
    run = await _until(desk, run, "checking")
    for _ in range(_PAIRS):
        print("stopped", await shoppers(url, _WINDOW_SECONDS), flush=True)
        await desk.run("products", run.id, ADA, "measured")
        async with _Watched() as watched:
            before = (await desk.get("products", run.id)).made.all
            print("running", await shoppers(url, _WINDOW_SECONDS), flush=True)
            run = await desk.stop("products", run.id)
            print("       ", watched.told(run.made.all - before), flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("deployments.backoffice").setLevel(logging.INFO)
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
