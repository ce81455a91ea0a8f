"""The ways in which an application can be down for as long as one likes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import psutil

from tests.conditions import EVERY_SECONDS, until
from tests.faults.damage import processes, replaced, replica
from tests.faults.serve_api import Json, ServeApi, with_environment, without
from tests.faults.tried_store import TriedStore

_BREAKS_INDEX = Path(__file__).parent / "broken_index"


@asynccontextmanager
async def removed(store: TriedStore, application: str) -> AsyncIterator[None]:
    """Its application is not there."""
    api = ServeApi(store)
    whole = await api.declared()
    try:
        await api.declare(without(whole, application))
        yield
    finally:
        await api.declare(whole)


@asynccontextmanager
async def killed(store: TriedStore, application: str) -> AsyncIterator[None]:
    """Each of its replicas is killed as soon as it is seen, and so was at least one successor."""
    async with _on_sight(store, application, psutil.Process.kill) as victims:
        first = len(victims)
        again = f"{application} is killed again"
        await until(lambda: len(victims) > first, again, tell=store.tell)
        yield


@asynccontextmanager
async def hanging(store: TriedStore, application: str) -> AsyncIterator[None]:
    """Each of its replicas stands still from the moment it is seen."""
    try:
        async with _on_sight(store, application, psutil.Process.suspend):
            yield
    finally:
        for process in processes(store, replica(application)):
            with suppress(psutil.NoSuchProcess):
                process.resume()


@asynccontextmanager
async def with_broken_index(store: TriedStore, application: str) -> AsyncIterator[None]:
    """It runs, and no search index can be built."""
    api = ServeApi(store)
    whole = await api.declared()
    broken = with_environment(whole, application, PYTHONPATH=_before_others(_BREAKS_INDEX))
    try:
        await _replace_all(store, application, broken)
        yield
    finally:
        await _replace_all(store, application, whole)


def _before_others(directory: Path) -> str:
    """A path on which Python looks there first, and then where it looks anyway."""
    return os.pathsep.join([str(directory), *filter(None, [os.environ.get("PYTHONPATH")])])


async def _replace_all(store: TriedStore, application: str, config: Json) -> None:
    """Declare a configuration with which the application's replicas are new ones."""
    victims = processes(store, replica(application))
    await ServeApi(store).declare(config)
    await replaced(store, replica(application), victims, victims)
    await ServeApi(store).all_run()


@asynccontextmanager
async def _on_sight(
    store: TriedStore, application: str, do: Callable[[psutil.Process], None]
) -> AsyncIterator[set[psutil.Process]]:
    """Do this once to every replica of the application, whether it is there or comes to be; gives
    all those to which it was done."""
    done: set[psutil.Process] = set()

    def look() -> None:
        for process in processes(store, replica(application)):
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


WAYS: Mapping[str, Callable[[TriedStore, str], AbstractAsyncContextManager[None]]] = {
    "removed": removed,
    "killed again and again": killed,
    "hanging": hanging,
}
