"""What is done to a running store: its processes killed, or stopped for a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import psutil

from tests.faults.careful import Seen
from tests.faults.conditions import until
from tests.integration.running_store import RunningStore

SERVICES = (
    *("profile", "catalog", "carts", "checkout", "orders"),
    *("inventory", "payments", "shipping", "pricing"),
)
ACTORS = ("HoldExpiry", "SagaRecovery", "CatalogueLoader", "CartAbandonment", "EmbeddedRedis")
VALKEY, HAPROXY, CONTROLLER = "valkey-server", "haproxy", "ray::ServeController"


def replica(service: str) -> str:
    """How the processes of a service's replicas are titled, at the beginning."""
    return f"ray::ServeReplica:{service}:"


def processes(store: RunningStore, title: str) -> list[psutil.Process]:
    """The store's processes that are titled so, or are a program of that name."""
    return [process for process, found in store.processes() if _is(found, title)]


def _is(found: str, title: str) -> bool:
    return found.startswith(title) or found.split(" ", 1)[0].rpartition("/")[2] == title


class Fault(Protocol):
    """Something that goes wrong."""

    @property
    def name(self) -> str:
        """What it is called in the table."""

    async def strike(self, store: RunningStore, seen: Seen) -> None:
        """Do the damage, and return when all parts are there again.

        What is bought meanwhile is added to what all clients have seen.
        """


@dataclass(frozen=True)
class Killed:
    """Processes that end at once, one of those with the title or all of them."""

    name: str
    title: str
    all_of_them: bool = False

    async def strike(self, store: RunningStore, seen: Seen) -> None:
        """Kill, and wait for others in their place."""
        there = processes(store, self.title)
        assert there, f"nothing is titled {self.title}"
        victims = there if self.all_of_them else [random.choice(there)]
        for process in victims:
            process.kill()
        await until_replaced(store, self.title, victims)


@dataclass(frozen=True)
class Suspended:
    """Processes that do nothing for so many seconds, and then go on as if nothing had been."""

    name: str
    title: str
    seconds: float

    async def strike(self, store: RunningStore, seen: Seen) -> None:
        """Stop them all, and let them go on."""
        there = processes(store, self.title)
        assert there, f"nothing is titled {self.title}"
        try:
            for process in there:
                process.suspend()
            await asyncio.sleep(self.seconds)
        finally:
            for process in there:
                with suppress(psutil.NoSuchProcess):
                    process.resume()


@dataclass(frozen=True)
class Hung:
    """Processes that never do anything again, so that somebody has to replace them."""

    name: str
    title: str

    async def strike(self, store: RunningStore, seen: Seen) -> None:
        """Stop them, and wait for others in their place."""
        there = processes(store, self.title)
        assert there, f"nothing is titled {self.title}"
        try:
            for process in there:
                process.suspend()
            await until_replaced(store, self.title, there)
        finally:
            for process in there:
                with suppress(psutil.NoSuchProcess):
                    process.resume()


async def until_replaced(
    store: RunningStore, title: str, victims: Sequence[psutil.Process]
) -> None:
    """Wait until these processes are gone, and there is one with the title that is new."""

    def replaced() -> bool:
        now = processes(store, title)
        return bool(now) and not set(now) & set(victims)

    await until(replaced, f"{title} is replaced", tell=store.tell)
