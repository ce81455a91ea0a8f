"""While HAProxy, its manager or the controller are away, nothing that exists is said not to."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import psutil
import pytest

from tests.conditions import until
from tests.faults.damage import CONTROLLER, HAPROXY, MANAGER, processes, replaced
from tests.faults.serve_api import ServeApi
from tests.integration.running_store import RunningStore

pytestmark = pytest.mark.long

PATHS = ("/.well-known/ucp", "/orders/none", "/catalog/none")
EVERY_SECONDS = 0.02
GOOD = 50
"""So many answers in a row say that all is well again."""


@dataclass
class Passer:
    """A client who asks all the time, each time on a connection of its own."""

    url: str
    seen: Counter[str] = field(default_factory=Counter)
    away: float = 0.0
    """Seconds from one answer of a service to the next, at most."""
    in_a_row: int = 0

    async def pass_by(self, closing: asyncio.Event) -> None:
        """Ask one path after another."""
        number, answered = 0, time.monotonic()
        while not closing.is_set():
            kind = await self._ask(PATHS[number % len(PATHS)])
            self.seen[kind] += 1
            number += 1
            if kind == "answered":
                self.away = max(self.away, time.monotonic() - answered)
                answered = time.monotonic()
                self.in_a_row += 1
            else:
                self.in_a_row = 0
            await asyncio.sleep(EVERY_SECONDS)

    async def _ask(self, path: str) -> str:
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
                answer = await client.get(path)
        except httpx.TransportError as lost:
            return type(lost).__name__
        if "X-Content-Type-Options" in answer.headers:
            return "answered"
        politely = "Retry-After" in answer.headers and answer.json()["code"] == "unavailable"
        return f"{answer.status_code}{' politely' if politely else ''}"


@asynccontextmanager
async def passing(store: RunningStore) -> AsyncIterator[Passer]:
    """Let somebody pass by."""
    passer, closing = Passer(store.base_url), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(passer.pass_by(closing))
        try:
            yield passer
        finally:
            closing.set()


async def well(store: RunningStore, passer: Passer) -> None:
    """Wait until whoever passes by has been answered for a while."""

    def answered() -> bool:
        return passer.in_a_row >= GOOD

    passer.in_a_row = 0
    await until(answered, "the API answers", tell=store.tell)


def all_of(store: RunningStore, titles: Sequence[str]) -> list[psutil.Process]:
    return [process for title in titles for process in processes(store, title)]


@pytest.mark.placed("apart")
@pytest.mark.parametrize(
    "titles",
    [(HAPROXY,), (MANAGER,), (CONTROLLER,), (MANAGER, CONTROLLER), (HAPROXY, CONTROLLER)],
    ids=" and ".join,
)
async def test_nothing_that_exists_is_not_found(
    store: RunningStore, titles: tuple[str, ...]
) -> None:
    async with passing(store) as passer:
        await well(store, passer)
        victims = all_of(store, titles)
        there = {title: processes(store, title) for title in titles}
        for process in victims:
            process.kill()
        for title in titles:
            await replaced(store, title, there[title], there[title])
        await ServeApi(store).all_run()
        await until(lambda: bool(processes(store, MANAGER)), "a manager", tell=store.tell)
        await well(store, passer)
    print(f"{' and '.join(titles)}: {passer.away:.2f} s without an answer, {dict(passer.seen)}")
    kinds = {"answered", "503 politely", "ConnectError", "ReadError", "RemoteProtocolError"}
    assert set(passer.seen) <= kinds, passer.seen
