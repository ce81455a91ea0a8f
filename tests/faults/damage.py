"""What is done to a running store: its processes killed, or stopped for a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import psutil

from tests.conditions import until
from tests.faults.careful import Seen
from tests.faults.serve_api import ServeApi
from tests.faults.tried_store import TriedStore

VALKEY, HAPROXY = "valkey-server", "haproxy"
CONTROLLER, MANAGER = "ray::ServeController", "ray::HAProxyManager"


def replica(application: str) -> str:
    """How the processes of an application's replicas are titled, at the beginning."""
    return f"ray::ServeReplica:{application}:"


def processes(store: TriedStore, title: str) -> list[psutil.Process]:
    """The store's processes that are titled so, or are a program of that name."""
    return [process for process, found in store.processes() if _is(found, title)]


def _is(found: str, title: str) -> bool:
    # Ray adds the method that an actor is at, after a dot; a program's title may have arguments.
    program = found.split(" ", 1)[0]
    family = title.endswith(":") and found.startswith(title)
    return family or program.partition(".")[0] == title or program.rpartition("/")[2] == title


class Fault(Protocol):
    """Something that goes wrong."""

    @property
    def name(self) -> str:
        """What it is called in the table."""

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Do the damage, and return when all parts are there again.

        What is bought meanwhile is added to what all clients have seen.
        """


@dataclass(frozen=True)
class Killed:
    """Processes that end at once, one of those with the title or all of them."""

    name: str
    title: str
    all_of_them: bool = False

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Kill, and wait for others in their place."""
        there = await _some(store, self.title)
        victims = there if self.all_of_them else [random.choice(there)]
        for process in victims:
            process.kill()
        await replaced(store, self.title, victims, there)


@dataclass(frozen=True)
class ControllerKilled:
    """Serve's controller, which nobody asks while buyers buy, and which must find all again."""

    name: str = "Serve's controller killed"

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Kill it, and wait until its successor says that all applications run."""
        await Killed(self.name, CONTROLLER).strike(store, seen)
        await ServeApi(store).all_run()


@dataclass(frozen=True)
class InTurn:
    """One fault after another, with buyers who have bought something in between."""

    name: str
    faults: Sequence[Fault]

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Strike with each of them."""
        for fault in self.faults:
            await fault.strike(store, seen)
            await more_orders(store, seen, 1)


@dataclass(frozen=True)
class Suspended:
    """Processes that do nothing for so many seconds, and then go on as if nothing had been."""

    name: str
    title: str
    seconds: float

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Stop them all, and let them go on."""
        with stopped(await _some(store, self.title)):
            await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class Hung:
    """Processes that never do anything again, so that somebody has to replace them."""

    name: str
    title: str

    async def strike(self, store: TriedStore, seen: Seen) -> None:
        """Stop them, and wait for others in their place."""
        there = await _some(store, self.title)
        with stopped(there):
            await replaced(store, self.title, there, there)


@contextmanager
def stopped(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Let these do nothing meanwhile."""
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


async def replaced(
    store: TriedStore,
    title: str,
    victims: Sequence[psutil.Process],
    there: Sequence[psutil.Process],
) -> None:
    """Wait until the victims are gone, and there is one with the title that was not `there`."""

    def done() -> bool:
        now = set(processes(store, title))
        return bool(now - set(there)) and not now & set(victims)

    await until(done, f"{title} is replaced", tell=store.tell)


async def more_orders(store: TriedStore, seen: Seen, count: int) -> None:
    """Wait until buyers have bought so many times more."""
    enough = len(seen.orders) + count

    def tell() -> str:
        return f"{len(seen.orders)} of {enough} orders; {dict(seen.failures)}\n{store.tell()}"

    await until(lambda: len(seen.orders) >= enough, "buyers can buy", tell=tell)


async def _some(store: TriedStore, title: str) -> list[psutil.Process]:
    """The processes with the title, of which one may be on its way."""
    await until(lambda: bool(processes(store, title)), f"{title} is there", tell=store.tell)
    return processes(store, title)
