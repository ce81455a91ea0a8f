"""The ways in which a service can be down for as long as one likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import psutil

from tests.conditions import EVERY_SECONDS, until
from tests.faults.damage import processes, replaced, replica
from tests.faults.serve_api import Json, ServeApi, with_environment, without
from tests.integration.running_store import RunningStore

_BREAKS_INDEX = Path(__file__).parent / "broken_index"


@asynccontextmanager
async def removed(store: RunningStore, service: str) -> AsyncIterator[None]:
    """Its application is not there."""
    api = ServeApi(store)
    whole = await api.declared()
    try:
        await api.declare(without(whole, service))
        yield
    finally:
        await api.declare(whole)


@asynccontextmanager
async def killed(store: RunningStore, service: str) -> AsyncIterator[None]:
    """Each of its replicas is killed as soon as it is seen, and so was at least one successor."""
    async with _on_sight(store, service, psutil.Process.kill) as victims:
        first = len(victims)
        again = f"{service} is killed again"
        await until(lambda: len(victims) > first, again, tell=store.tell)
        yield


@asynccontextmanager
async def hanging(store: RunningStore, service: str) -> AsyncIterator[None]:
    """Each of its replicas stands still from the moment it is seen."""
    try:
        async with _on_sight(store, service, psutil.Process.suspend):
            yield
    finally:
        for process in processes(store, replica(service)):
            with suppress(psutil.NoSuchProcess):
                process.resume()


@asynccontextmanager
async def with_broken_index(store: RunningStore, service: str) -> AsyncIterator[None]:
    """It runs, and no search index can be built."""
    api = ServeApi(store)
    whole = await api.declared()
    broken = with_environment(whole, service, PYTHONPATH=str(_BREAKS_INDEX))
    try:
        await _replace_all(store, service, broken)
        yield
    finally:
        await _replace_all(store, service, whole)


async def _replace_all(store: RunningStore, service: str, config: Json) -> None:
    """Declare a configuration with which the service's replicas are new ones."""
    victims = processes(store, replica(service))
    await ServeApi(store).declare(config)
    await replaced(store, replica(service), victims)
    await ServeApi(store).all_run()


@asynccontextmanager
async def _on_sight(
    store: RunningStore, service: str, do: Callable[[psutil.Process], None]
) -> AsyncIterator[set[psutil.Process]]:
    """Do this once to every replica of the service that there is or comes to be; gives all those
    to which it was done."""
    done: set[psutil.Process] = set()

    def look() -> None:
        for process in processes(store, replica(service)):
            if process not in done:
                done.add(process)
                with suppress(psutil.NoSuchProcess):
                    do(process)

    async def observer() -> None:
        while True:
            look()
            await asyncio.sleep(EVERY_SECONDS)

    look()
    watching = asyncio.create_task(observer())
    try:
        yield done
    finally:
        watching.cancel()


WAYS: Mapping[str, Callable[[RunningStore, str], AbstractAsyncContextManager[None]]] = {
    "removed": removed,
    "killed again and again": killed,
    "hanging": hanging,
}
