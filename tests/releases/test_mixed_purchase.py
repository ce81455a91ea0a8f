"""One service is of the previous release and the rest of today: one can buy all the same."""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from commands.run_settings import PROJECT
from commands.subscribers import subscribers
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.placement.host import Host
from deployments.foundation.redis.connection import client
from deployments.store import placed
from deployments.topology import BY_NAME, SUBSCRIPTIONS
from tests.conftest import SECRET
from tests.eventually import eventually
from tests.integration.shopper import Json, Shopper, fulfilled
from tests.releases.previous_release import unpack
from tests.releases.wire import Calling, answering

PREFIXES = [one.prefix for one in BY_NAME.values() if one.prefix is not None]


class ByPrefix(httpx.AsyncBaseTransport):
    """Sends what is under the older service's prefix to it, and anything else to today's."""

    def __init__(self, host: Host, prefix: str | None, older: Path) -> None:
        self._newer = httpx.ASGITransport(host.app())
        self._older = httpx.AsyncHTTPTransport(uds=str(older))
        self._prefix = f"{prefix}/" if prefix else None
        self.asked_older = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand it on."""
        if self._prefix and f"{request.url.path}/".startswith(self._prefix):
            self.asked_older += 1
            return await self._older.handle_async_request(request)
        return await self._newer.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._older.aclose()


@pytest.fixture(scope="module")
def older() -> Iterator[Path]:
    """The previous release's code."""
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as directory:
        yield unpack(Path(directory))


@pytest.fixture
def settled_store(
    admin: Redis, valkey_socket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment of both processes: an empty store, whose carrier does not wait."""
    monkeypatch.setenv("REDIS_URL", f"unix://{valkey_socket}")
    monkeypatch.setenv("FIELDHOUSE_REDIS_SECRET", SECRET)
    monkeypatch.setenv("FIELDHOUSE_PAYMENTS", "sandbox")
    monkeypatch.setenv("FIELDHOUSE_DEVELOPMENT_KEY", "allow")
    monkeypatch.setenv("FIELDHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("FIELDHOUSE_SANDBOX_DISPATCH_SECONDS", "0")
    monkeypatch.setenv("FIELDHOUSE_SANDBOX_DELIVERY_SECONDS", "0")


@asynccontextmanager
async def running_older(service: str, code: Path, directory: Path) -> AsyncIterator[None]:
    """The service as the previous release has it, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.releases.older_service", service, str(directory)),
        cwd=code,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(code), str(PROJECT)])},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = (await process.stdout.readline()).decode()
        assert ready.startswith(str(code)), f"it runs {ready}"
        yield
        assert process.returncode is None
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def mixed(service: str, code: Path) -> AsyncIterator[ByPrefix]:
    """A store in which one service is older; gives the way in."""
    others = placed([name for name in BY_NAME if name != service])
    with tempfile.TemporaryDirectory(prefix="fieldhouse-") as sockets:
        directory = Path(sockets)
        host = Host(others, client, Calling(directory / "older").connect)
        async with answering(host, directory / "newer"), running_older(service, code, directory):
            try:
                await host.start()
                yield ByPrefix(host, BY_NAME[service].prefix, directory / "http")
            finally:
                # Or its consumers would take the events of the tests that follow.
                await host.stop()


async def buy(way: ByPrefix) -> Json:
    """A purchase by cart, and the order when its parcels have arrived."""
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    async with httpx.AsyncClient(
        transport=way, base_url="http://store", headers=headers, timeout=30
    ) as asking:
        shopper = Shopper(asking)
        for prefix in PREFIXES:
            # Whoever has no such page says so as the store does.
            assert "X-Content-Type-Options" in (await asking.get(f"{prefix}/")).headers, prefix
        found = (await asking.post("/catalog/search", json={"query": "helmet"})).json()
        sku = found["products"][0]["variants"][0]["id"]
        line = {"item": {"id": sku}, "quantity": 1}
        await shopper.ask("POST", "/carts", "cart", {"line_items": [line]}, status=201)
        session = await shopper.complete(await shopper.open([(sku, 1)], ["WELCOME10"]))
        assert session["status"] == "completed", session

        async def arrived() -> bool:
            return fulfilled(await shopper.order(session))

        await eventually(arrived)
        return await shopper.order(session)


def subscriptions_with(service: str, code: Path) -> dict[str, tuple[str, ...]]:
    """Who reads whom, where one service reads what its older release does."""
    then = runpy.run_path(str(code / "deployments" / "topology.py"))["SUBSCRIPTIONS"]
    read = {**SUBSCRIPTIONS, service: then.get(service, ())}
    return {subscriber: publishers for subscriber, publishers in read.items() if publishers}


async def all_is_consumed(subscriptions: Mapping[str, tuple[str, ...]]) -> None:
    """Wait until every event took effect, and see that none was given up."""
    async with subscribers(subscriptions) as found:

        async def quiet() -> bool:
            lags = [lag for each in found for lag in await each.meter.measure()]
            return not sum(lag.waiting for lag in lags)

        await eventually(quiet)
        given_up = {each.service: await each.letters.count() for each in found}
        assert not any(given_up.values()), given_up


@pytest.mark.parametrize("service", BY_NAME)
@pytest.mark.usefixtures("settled_store")
async def test_one_can_buy_while_a_service_is_of_the_previous_release(
    service: str, older: Path
) -> None:
    if not (older / "deployments" / service).is_dir():
        pytest.skip("the previous release has no such service")
    async with mixed(service, older) as way:
        order = await buy(way)
        await all_is_consumed(subscriptions_with(service, older))
    assert order["line_items"]
    assert bool(way.asked_older) == (BY_NAME[service].prefix is not None)
