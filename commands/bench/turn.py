"""One turn: a store in one placement, from its first process to its last."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

from redis.asyncio import Redis

from commands.bench.following import Follower, mail_times, receiving
from commands.bench.load.dispatch import LoadGenerator
from commands.bench.measuring import Measuring
from commands.bench.results import Following, Idle, Measurement, PlacementName, Start, Turn
from commands.bench.rows import Plan, Row
from commands.bench.stores.backlog import BacklogNeverEndsError, Watcher
from commands.bench.stores.placements import PLACEMENTS
from commands.bench.stores.processes import Processes, StoreProcesses, used_between
from commands.bench.stores.redis_counters import RedisCounters, read_counters
from commands.bench.stores.running import BenchStore, StoreFailedError, admin_of, store_of
from commands.bench.stores.workload import shipped_workload, stock_up
from commands.run_settings import PROJECT
from deployments.foundation.values.clock import utc_now

Tell = Callable[[str], None]


class CeilingFailedError(Exception):
    """The empty route did not come up."""


_ENDINGS = (StoreFailedError, CeilingFailedError, BacklogNeverEndsError)


class TurnOf:
    """What is measured in one turn, as it comes."""

    def __init__(
        self, placement: PlacementName, plan: Plan, load: LoadGenerator, tell: Tell
    ) -> None:
        self._placement, self._plan, self._load, self._tell = placement, plan, load, tell
        self._measurements: list[Measurement] = []
        self._following: list[Following] = []
        self._idle: Idle | None = None
        self._start = Start(ready=0, phases={})

    async def taken(self) -> Turn:
        """The turn. Trouble ends it early, and is told in it."""
        began, trouble = utc_now(), ""
        try:
            async with store_of(PLACEMENTS[self._placement]) as store:
                await self._live(store)
        except _ENDINGS as failure:
            trouble = f"{type(failure).__name__}: {failure}"
            self._tell(trouble)
        return self._turn(began, trouble)

    def _turn(self, began: datetime, trouble: str) -> Turn:
        return Turn(
            placement=self._placement,
            began=began,
            start=self._start,
            idle=self._idle,
            measurements=tuple(self._measurements),
            following=tuple(self._following),
            trouble=trouble,
        )

    async def _live(self, store: BenchStore) -> None:
        self._start = await store.start()
        self._tell(f"ready after {self._start.ready:.1f} s")
        processes = StoreProcesses(store.sessions, self._load.processes)
        if store.placement.kind != "store":
            self._idle = await idle(processes, self._plan.idle_seconds)
            return
        async with AsyncExitStack() as stack:
            admin = await stack.enter_async_context(admin_of(store))
            client = await stack.enter_async_context(store.clients())
            await Watcher(admin, processes).settled()
            if "idle" in self._plan.groups:
                self._idle = await idle(processes, self._plan.idle_seconds, admin)
            if rows := self._plan.rows_of(self._placement):
                await deploy_ceiling(store)
                await stock_up(store.redis)
                self._load.turn_to(store.url, shipped_workload())
                receiver = await stack.enter_async_context(receiving(store.url))
                watcher = Watcher(admin, processes, lambda: receiver.count)
                follower = Follower(watcher, await mail_times(client), receiver)
                await self._measure(rows, watcher, follower)

    async def _measure(self, rows: list[Row], watcher: Watcher, follower: Follower) -> None:
        plan = self._plan
        measuring = Measuring(self._load, watcher, scale=plan.scale, warm_seconds=plan.warm_seconds)
        for row in rows:
            for connections in plan.levels:
                measured, before = await measuring.measure(row, connections)
                self._measurements.append(measured)
                self._tell(line(row, measured))
                if row.followed:
                    self._following.append(await follower.follow(measured, before))


def line(row: Row, measured: Measurement) -> str:
    """What was measured, in a line."""
    said = f"{row.title} at {measured.connections}: {measured.rate:.1f}/s"
    trouble = ", ".join(f"{count} x {what}" for what, count in measured.trouble.items())
    return f"{said}, but {trouble}" if trouble else said


async def idle(processes: Processes, seconds: float, admin: Redis | None = None) -> Idle:
    """What is used when nobody asks for anything; `admin` is of its Redis, if it has one."""
    began, before = time.monotonic(), processes.cpu()
    asked = await read_counters(admin) if admin else RedisCounters()
    await asyncio.sleep(seconds)
    took, used = time.monotonic() - began, used_between(before, processes.cpu())
    redis = (await read_counters(admin)).since(asked) if admin else asked
    return Idle(
        seconds=took,
        cpu={role: spent / took for role, spent in used.items()},
        memory=processes.memory(),
        processes=processes.count(),
        redis=redis.for_each_of(took),
    )


async def deploy_ceiling(store: BenchStore) -> None:
    """Put the empty route beside the store, where Ray runs it; in one process it is there."""
    joined = store.ray()
    if joined is None:
        return
    address, environment = joined
    deploying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commands.bench.stores.ceiling_deploy", address),
        env=environment,
        cwd=PROJECT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await deploying.communicate()
    if deploying.returncode:
        raise CeilingFailedError(said.decode(errors="replace")[-2000:])
