"""Measures an import into a store, all in one process but shoppers, Redis and the file's reader.

    python -m tests.unit.backoffice.imports.measure [VARIANTS]

A file of so many variants goes in while shoppers search, fill carts and buy. In turn the import
runs and is stopped, so that whatever else the machine does falls on both alike, and each pair of
windows is told as it ends. Then it is told what somebody in the back office waits for with such a
catalogue, and what that takes in Redis.
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
from deployments.staff.operator import Operator
from deployments.staff.store import StaffStore
from deployments.store import placed
from deployments.topology import SERVICES
from tests.served import served
from tests.unit.backoffice.imports.desk_work import DeskWork
from tests.unit.backoffice.imports.shop import ADA
from tests.valkey import valkey_server

_SECRET = "measured"  # noqa: S105 - it guards an empty server.
_EACH = 4
_RUNNING_SECONDS, _STOPPED_SECONDS = 40, 12
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


class Waited:
    """What shoppers waited for in some windows, in milliseconds."""

    def __init__(self) -> None:
        self._took: list[float] = []
        self._failed, self._bought = 0, 0

    def add(self, found: dict[str, Any]) -> str:
        """One more window, and how it was."""
        self._took += found["took"]
        self._failed += found["failed"]
        self._bought += found["bought"]
        return _places(found["took"], found["failed"])

    def told(self) -> str:
        """All of them."""
        places = _places(self._took, self._failed)
        return f"{places}, of {len(self._took)} asked, {self._bought} bought"


def _places(took: list[float], failed: int) -> str:
    took = sorted(took)
    at = {name: took[int(len(took) * place)] for name, place in (("p50", 0.5), ("p99", 0.99))}
    return f"p50 {at['p50']:.0f}, p99 {at['p99']:.0f}, at most {took[-1]:.0f} ms, {failed} failed"


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
            operator = Operator(StaffStore(redis_of("staff")), utc_now)
            try:
                async with served(host.app()) as url:
                    work = DeskWork(url, operator, variants // _EACH)
                    await work.sign_in()
                    print(f"before: {await _kept(admin)}")
                    await _import(url, desk, variants)
                    print(f"after: {await _kept(admin)}")
                    await work.tell()
            finally:
                await host.stop()


async def _kept(admin: Redis) -> str:
    """What is in Redis, and what of it is the catalogue's."""
    memory, keys = await admin.info("memory"), await admin.dbsize()
    own = [key async for key in admin.scan_iter("{catalog}:*", count=1000)]
    sizes = [await admin.memory_usage(key, samples=0) or 0 for key in own]
    told = f"{len(own)} keys with {sum(sizes) / 2**20:.0f} MiB are the catalogue's"
    return f"{keys} keys, {memory['used_memory'] / 2**20:.0f} MiB in Redis, of which {told}"


async def _import(url: str, desk: ImportDesk, variants: int) -> None:
    run, _ = await desk.hand_in("products", "tents.csv", ADA, chunks(variants, 99))
    run = await _until(desk, run, "checking")
    running, stopped = Waited(), Waited()
    spent = 0.0
    while run.state in {"ready", "stopped"}:
        await desk.run("products", run.id, ADA, "measured")
        began, before = time.perf_counter(), run.made.all
        async with _Watched() as watched:
            now = running.add(await shoppers(url, _RUNNING_SECONDS))
            spent += time.perf_counter() - began
            run = await desk.get("products", run.id)
            print(f"{run.percent} % running: {now}; {watched.told(run.made.all - before)}")
        if run.state == "running":
            run = await desk.stop("products", run.id)
        told = stopped.add(await shoppers(url, _STOPPED_SECONDS))
        print(f"     stopped: {told}", flush=True)
        run = await desk.get("products", run.id)
    print(f"{run.state}: {run.made}, {variants / spent:.0f} variants a second")
    print(f"while it ran: {running.told()}\nwhile it was stopped: {stopped.told()}", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("deployments.backoffice").setLevel(logging.INFO)
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
