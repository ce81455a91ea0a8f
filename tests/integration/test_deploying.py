"""One service goes to another release and back while buyers buy, and nobody else notices."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from commands.deploying.record import recorded
from commands.deploying.serve_control import ServeControl
from commands.exit_status import FOUND, OK
from commands.run_settings import PROJECT
from tests.command_line import Ended, typed
from tests.eventually import eventually
from tests.faults.books import Ledgers, agree, ledgers_of
from tests.faults.buyers import buyers
from tests.faults.careful import Seen
from tests.faults.damage import Killed, more_orders, replica
from tests.faults.declared import replicas_of
from tests.integration.running_store import RunningStore

pytestmark = pytest.mark.long

ORDERS = 10
"""So many are bought after each step, before the next one."""
SAID, NEW = "Check the id,", "Look at the id,"
HELD = """
while not __import__("pathlib").Path({go!r}).exists():
    __import__("time").sleep(0.1)
"""
ILL = """
_healthy = compose


def compose(*parts, **options):
    return __import__("dataclasses").replace(_healthy(*parts, **options), check=_ill)


def _ill():
    raise RuntimeError("this release is ill")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of its own, to change."""
    for part in ("actors", "data", "deployments"):
        shutil.copytree(PROJECT / part, tmp_path / part)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def operator(store: RunningStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are about this store."""
    monkeypatch.setenv("FIELDHOUSE_DATA", str(store.data))


def replicas(store: RunningStore, *but: str) -> set[tuple[int, str]]:
    """The processes of all services but these."""
    titles = tuple(replica(application) for application in but)
    return {
        (process.pid, title.split("#")[0])
        for process, title in store.processes()
        if title.startswith("ray::ServeReplica:") and not title.startswith(titles)
    }


async def at_rest(store: RunningStore) -> None:
    """Wait until what was added for the load of earlier tests is gone."""

    at_least = sum(map(replicas_of, store.placement.applications))

    async def is_at_rest() -> bool:
        return len(replicas(store)) == at_least

    await eventually(is_at_rest, seconds=240)


async def deployed(store: RunningStore, seen: Seen, *words: str, status: int = OK) -> Ended:
    """A command under load, after which buyers go on buying."""
    ended = await typed(*words)
    assert ended.status == status, f"{ended}\n{store.tell()}"
    await more_orders(store, seen, ORDERS)
    return ended


async def sentence(client: httpx.AsyncClient) -> str:
    """What orders say of an order that does not exist."""
    (message,) = (await client.get("/orders/FH-0")).json()["messages"]
    return str(message["content"])


async def settled(ledgers: Ledgers) -> None:
    """Wait until nothing is under way."""
    await ledgers.settled()
    await ledgers.consumed()


@pytest.mark.on_ray
@pytest.mark.usefixtures("operator")
async def test_a_release_goes_out_and_back_under_load_without_a_failed_request(
    store: RunningStore, client: httpx.AsyncClient, checkout: Path
) -> None:
    answers = checkout / "deployments" / "foundation" / "http" / "ucp.py"
    answers.write_text(answers.read_text().replace(SAID, NEW))
    await at_rest(store)
    host = store.placement.host_of("orders")
    seen, others = Seen(), replicas(store, host)
    async with ledgers_of(store) as ledgers:
        await settled(ledgers)
        before = await ledgers.holdings()
        async with buyers(store, seen, seed=1):
            await more_orders(store, seen, ORDERS)
            await deployed(store, seen, "deploy", "orders", "--code", str(checkout))
            assert NEW in await sentence(client)
            await deployed(store, seen, "rollback", "orders")
            assert SAID in await sentence(client)
        assert seen.failures == {}
        # The load itself may have added replicas; none of those that there were was replaced.
        assert replicas(store, host) >= others
        await settled(ledgers)
        await agree(ledgers, before, seen)
        assert await ledgers.discrepancies() == []


@pytest.mark.on_ray
@pytest.mark.usefixtures("operator")
async def test_a_release_that_is_ill_is_not_switched_to(
    store: RunningStore, checkout: Path
) -> None:
    """Not a process is another than before, and nothing else is said to run."""
    root = checkout / "deployments" / "checkout" / "deployment.py"
    root.write_text(root.read_text() + ILL)
    await at_rest(store)
    seen, all_of_them, written = Seen(), replicas(store), recorded(store.data)
    async with buyers(store, seen, seed=2):
        await more_orders(store, seen, ORDERS)
        ended = await deployed(
            store, seen, "deploy", "checkout", "--code", str(checkout), status=FOUND
        )
    assert "this release is ill" in ended.err
    assert seen.failures == {}
    assert replicas(store) >= all_of_them
    assert recorded(store.data) == written
    shown = await typed("releases")
    assert shown.status == OK


@pytest.mark.placed("apart")
@pytest.mark.usefixtures("operator")
async def test_a_replica_that_starts_while_another_services_code_is_loaded_finds_it(
    store: RunningStore, checkout: Path
) -> None:
    """What orders ran before goes on all the while, also for a checkout that never asked it."""
    loaded, go = checkout / "deployments" / "application.py", checkout / "go"
    loaded.write_text(loaded.read_text() + HELD.format(go=str(go)))
    await at_rest(store)
    seen, serve = Seen(), ServeControl(store.dashboard)

    async def is_loading() -> bool:
        found = await asyncio.to_thread(serve.find)
        return found.status("orders").status == "DEPLOYING"

    async with buyers(store, seen, seed=3):
        await more_orders(store, seen, ORDERS)
        deploying = asyncio.create_task(typed("deploy", "orders", "--code", str(checkout)))
        await eventually(is_loading, seconds=60)
        await Killed("checkout killed", replica("checkout")).strike(store, seen)
        await more_orders(store, seen, ORDERS)
        assert not deploying.done()
        go.touch()
        assert (await deploying).status == OK
        await deployed(store, seen, "rollback", "orders")
