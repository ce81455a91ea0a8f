"""A store in one process that grows, and what is measured of it at each size."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from commands.bench.load.dispatch import LoadGenerator
from commands.bench.load.jobs import Samples
from commands.bench.load.shopper import Workload
from commands.bench.measuring import latency
from commands.bench.results import Growth
from commands.bench.stores.backlog import Reading, Watcher
from commands.bench.stores.placements import PLACEMENTS
from commands.bench.stores.processes import StoreProcesses, used_between
from commands.bench.stores.running import BenchStore, admin_of, store_of
from deployments.datastore.server import SERVER_LOG

Tell = Callable[[str], None]
CONNECTIONS = 16
_IDLE_SECONDS = 35.0
"""Long enough for what a store does every half minute."""
_LOADED = re.compile(r"DB loaded from append only file: ([\d.]+) seconds")
_REWRITING = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
_LOOK_SECONDS = 0.2


class GrowingStore:
    """A running store. Its measurements are figures by name, of which `Growth` is made."""

    def __init__(self, store: BenchStore, load: LoadGenerator, tell: Tell) -> None:
        self.store, self._load, self._tell = store, load, tell
        self.redis = store.redis
        self.made = Counter[str]()
        """How many of each journey came to their end."""

    async def start(self, workload: Workload) -> dict[str, float]:
        """Start it, again if it ran before: how long that takes."""
        start = await self.store.start()
        self._load.turn_to(self.store.url, workload)
        async with admin_of(self.store) as admin:
            await self._watcher(admin).settled()
        return {"ready, s": start.ready, "Redis reads its file, s": self._read_its_file()}

    def _read_its_file(self) -> float:
        """How long the server did so when it started last; nothing if there was no file."""
        found = _LOADED.findall((self.store.data / SERVER_LOG).read_text())
        return float(found[-1]) if found else 0.0

    def _watcher(self, admin: Redis) -> Watcher:
        return Watcher(admin, self._processes)

    @property
    def _processes(self) -> StoreProcesses:
        return StoreProcesses(self.store.sessions, self._load.processes)

    async def settled(self) -> Reading:
        """The moment from which on nothing is left to do."""
        async with admin_of(self.store) as admin:
            return await self._watcher(admin).settled()

    async def needs(self) -> dict[str, float]:
        """What it uses while nobody asks for anything."""
        processes = self._processes
        before = processes.cpu()
        await asyncio.sleep(_IDLE_SECONDS)
        used = used_between(before, processes.cpu())
        memory = processes.memory()
        return {
            "idle, cores": used.get("store", 0.0) / _IDLE_SECONDS,
            "store, MiB": memory.get("store", 0.0),
            "Redis, MiB": memory.get("valkey", 0.0),
        }

    async def asked(self, journey: str, seconds: float) -> dict[str, float]:
        """How much of a journey it takes, and how long one takes."""
        await self._run(journey, seconds / 4)
        samples = await self._run(journey, seconds)
        took = latency(samples.units)
        return {f"{journey}/s": samples.rate, f"{journey} p50, ms": took.p50}

    async def make(self, journey: str, count: int) -> None:
        """Go on so many journeys."""
        await self._run(journey, float("1e9"), count)

    async def _run(self, journey: str, seconds: float, count: int | None = None) -> Samples:
        samples = await self._load.run(journey, CONNECTIONS, seconds, count)
        self.made[journey] += len(samples.units)
        return samples

    async def rewritten(self) -> None:
        """Wait until the append-only file says what there is, and no longer how it came."""
        async with admin_of(self.store) as admin:
            await _rewrites_no_more(admin)  # One may have begun by itself.
            await admin.bgrewriteaof()
            await _rewrites_no_more(admin)

    def grown(self, what: str, size: int, figures: dict[str, float]) -> Growth:
        """What was measured at this size, told as well."""
        said = ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
        self._tell(f"{what}, {size:,}: {said}")
        return Growth(what=what, size=size, figures=figures)


async def _rewrites_no_more(admin: Redis) -> None:
    while True:
        said = await admin.info("persistence")
        if not any(said[each] for each in _REWRITING):
            return
        await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def growing_store(
    load: LoadGenerator, tell: Tell, **settings: str
) -> AsyncIterator[GrowingStore]:
    """A store that has not been started, with these settings; nothing of it is left behind."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(store_of(PLACEMENTS["one"], **settings))
        yield GrowingStore(store, load, tell)


def each(before: Reading, after: Reading, units: int) -> dict[str, float]:
    """What one unit takes in Redis and publishes, of all that came of so many."""
    share = after.redis.since(before.redis).for_each_of(units)
    events = (after.events - before.events) / units
    return {"bytes a unit": share.memory, "keys a unit": share.keys, "events a unit": events}
