"""The whole store on a Redis that the environment names, and buyers who shop there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from commands.audit.command import audit_this_store
from commands.subscribers import subscribers
from deployments.checkout.store import ACTIVE
from deployments.datastore.provisioning import provisioning
from deployments.foundation.events.loop import Loop
from deployments.foundation.http import edge
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.placement.host import Host, nowhere
from deployments.foundation.redis.connection import client, connect_redis
from deployments.foundation.rpc.detach import finish_detached
from deployments.foundation.values.settings import settings
from deployments.orders.records import OrderRecords
from deployments.store import placed
from deployments.topology import SERVICES, SUBSCRIPTIONS
from tests.conditions import until
from tests.conftest import SECRET
from tests.faults.buyers import contents_of, plentiful
from tests.faults.careful import Careful, Seen
from tests.integration.shopper import payment
from tests.redis_servers import Cluster
from tests.redis_servers import until as wait_until

BUYERS = 4
_BEFORE_AND_AFTER = 20
ON_A_CLUSTER = [
    pytest.mark.long,
    # On a busy machine a call's time may be over while it connects: that connection is closed when
    # it is collected.
    pytest.mark.filterwarnings("ignore:.*StreamWriter:pytest.PytestUnraisableExceptionWarning"),
]
"""What tests on a cluster are marked with."""
_EDGE = edge.__name__
"""Whose log says why a buyer is told to try again."""


def name_redis(monkeypatch: pytest.MonkeyPatch, url: str, **more: str) -> None:
    """Have the environment name this Redis, and what lets a test buy on it."""
    for name, value in on_redis(url, **more).items():
        monkeypatch.setenv(name, value)


def on_redis(url: str, **more: str) -> dict[str, str]:
    """The environment of a store on this Redis."""
    return {
        "REDIS_URL": url,
        "FIELDHOUSE_REDIS_SECRET": SECRET,
        "FIELDHOUSE_DEVELOPMENT_KEY": "allow",
        "FIELDHOUSE_PAYMENTS": "sandbox",
        "FIELDHOUSE_RATE_LIMITS": "off",
        "FIELDHOUSE_SANDBOX_DISPATCH_SECONDS": "0",
        "FIELDHOUSE_SANDBOX_DELIVERY_SECONDS": "0",
        **more,
    }


@dataclass
class DeployedStore:
    """A store that runs, and what its buyers have seen of it. `clients` makes clients of it."""

    clients: Callable[[], httpx.AsyncClient]
    seen: Seen = field(default_factory=Seen)

    @asynccontextmanager
    async def shopping(self, buyers: int = BUYERS) -> AsyncIterator[None]:
        """Let buyers shop meanwhile; each repeats what got no answer until it gets one."""
        async with self.clients() as http:
            closing, skus = asyncio.Event(), plentiful()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(buyers):
                    tasks.create_task(_shop(Careful(http, self.seen), skus, closing))
                try:
                    yield
                finally:
                    closing.set()

    async def bought(self, more: int) -> None:
        """Wait until so many more orders are acknowledged."""
        wanted = len(self.seen.orders) + more
        await until(lambda: len(self.seen.orders) >= wanted, "buyers buy", tell=self.tell)

    async def refused(self, more: int) -> None:
        """Wait until so many more requests are told to try again."""
        wanted = self.seen.failures.total() + more
        await until(lambda: self.seen.failures.total() >= wanted, "some fail", tell=self.tell)

    def tell(self) -> str:
        """What buyers saw."""
        return f"{len(self.seen.orders)} orders; {dict(self.seen.failures)}"

    async def settled(self) -> None:
        """Wait until every saga has ended and every event is consumed."""
        await finish_detached()
        async with client("checkout") as checkout, subscribers(SUBSCRIPTIONS) as all_of_them:

            async def quiet() -> bool:
                if await checkout.zcard(ACTIVE):
                    return False
                lags = [lag for one in all_of_them for lag in await one.meter.measure()]
                return not any(lag.waiting for lag in lags)

            await until(quiet, "sagas and events are done with", tell=self.tell)

    async def lost(self) -> set[str]:
        """Acknowledged orders that are not there."""
        async with client("orders") as redis:
            there = {id_ async for batch in OrderRecords(redis).ids() for id_ in batch}
        return self.seen.orders.keys() - there


async def sells_while_a_slot_moves(
    store: DeployedStore, nodes: Cluster, slot: int, logs: pytest.LogCaptureFixture
) -> None:
    """Nothing fails while a slot moves at once (`CLUSTER MIGRATESLOTS`): it is at one node until
    all of it is at the other. What a busy machine makes late is asked again, and is no failure."""
    async with store.shopping():
        await store.bought(_BEFORE_AND_AFTER)
        await asyncio.to_thread(nodes.move, slot)
        await store.bought(_BEFORE_AND_AFTER)
    told = [text for name, _, text in logs.record_tuples if name == _EDGE]
    assert [text for text in told if "late" not in text] == [], told
    await store.settled()
    assert await store.lost() == set()
    assert await discrepancies() == []


async def outlives_a_primary(store: DeployedStore, nodes: Cluster, slot: int) -> None:
    """Whoever owns the slot is killed while buyers buy: nothing acknowledged is lost, all goes on,
    and the books are straight."""
    async with store.shopping():
        await store.bought(_BEFORE_AND_AFTER)
        killed = await asyncio.to_thread(nodes.owner, slot)
        killed.kill()
        await asyncio.to_thread(wait_until, lambda: nodes.owner(slot) is not killed, "another")
        # As it comes back it follows, and what is written has a replica again.
        await asyncio.to_thread(killed.start)
        await store.bought(_BEFORE_AND_AFTER)
    await store.settled()
    assert await store.lost() == set()
    assert await discrepancies() == []


@asynccontextmanager
async def deployed_store() -> AsyncIterator[DeployedStore]:
    """The store in one process, until the block ends."""
    users = Loop("users", provisioning(settings().shared_redis_url, SECRET), every=1.0)
    creating = asyncio.create_task(users.run())
    try:
        for redis in await asyncio.gather(*map(connect_redis, SERVICES)):
            await redis.aclose()
        host = Host(placed(), client, nowhere)
        try:
            await host.start()
            yield DeployedStore(lambda: _client_of(host))
        finally:
            await host.stop()
    finally:
        creating.cancel()
        await asyncio.gather(creating, return_exceptions=True)


def _client_of(host: Host) -> httpx.AsyncClient:
    transport, headers = httpx.ASGITransport(host.app()), {"X-API-Key": DEVELOPMENT_KEY}
    return httpx.AsyncClient(transport=transport, base_url="http://store", headers=headers)


async def _shop(client: Careful, skus: Sequence[str], closing: asyncio.Event) -> None:
    """Buy one thing after another. What is no order yet may be lost: then there is no session."""
    while not closing.is_set():
        wanted = contents_of([(random.choice(skus), 1)])
        session = await client.ask("POST", "/checkout-sessions", wanted)
        path, body = (
            f"/checkout-sessions/{session['id']}/complete",
            payment(session, client.seen.card),
        )
        outcome = await client.ask("POST", path, body)
        if outcome.get("status") == "completed":
            client.seen.bought(outcome)


async def discrepancies() -> list[str]:
    """What the operator's audit finds in the store that the environment names."""
    reports = await audit_this_store(lambda _: None)
    found = [one for report in reports for one in report.findings.discrepancies]
    return [f"{one.rule} {' '.join(one.keys)}: {one.what}" for one in found]
