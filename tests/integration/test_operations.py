"""How the store starts, refuses to start, survives, and ends."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
import time
from pathlib import Path
from signal import SIGKILL

import httpx
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisError

from commands.exit_status import UNUSABLE
from commands.ports import free_port
from deployments.foundation.http.authentication import hash_key
from deployments.topology import SERVICES
from tests.conditions import until
from tests.integration.running_store import RunningStore, launch
from tests.integration.shopper import Shopper, fulfilled
from tests.placements import PLACEMENTS, Placement

REFUSED_WITHIN_SECONDS = 120
RECOVERED_WITHIN_SECONDS = 120
FOR_GOOD = ("id", "label", "checkout_id", "permalink_url", "currency", "totals")
"""What never changes of an order, whatever happens to it."""


def refused_start(placement: Placement, **environment: str) -> str:
    """What the launcher says when it refuses to start: one line, and no traceback."""
    with tempfile.TemporaryFile() as output:
        launcher = launch(placement, output, **environment)
        try:
            status = launcher.wait(REFUSED_WITHIN_SECONDS)
        finally:
            launcher.kill()
        output.seek(0)
        text = output.read().decode()
    assert status == UNUSABLE, text
    assert len(text.splitlines()) == 1, text
    return text


async def new_cart(client: httpx.AsyncClient) -> httpx.Response:
    """A cart with whatever the catalogue finds first."""
    found = await client.post("/catalog/search", json={"query": "helmet"})
    item = found.raise_for_status().json()["products"][0]["variants"][0]["id"]
    return await client.post("/carts", json={"line_items": [{"item": {"id": item}, "quantity": 1}]})


async def until_a_cart_is_made(client: httpx.AsyncClient) -> httpx.Response:
    """The first cart that succeeds again after a disturbance."""
    last = time.monotonic() + RECOVERED_WITHIN_SECONDS
    while True:
        try:
            answer = await new_cart(client)
        except httpx.HTTPError as failure:
            said = repr(failure)
        else:
            if answer.status_code == 201:
                return answer
            said = answer.text
        assert time.monotonic() < last, said
        await asyncio.sleep(0.5)


async def test_whoever_is_told_that_it_is_ready_can_shop_at_once(
    store: RunningStore, client: httpx.AsyncClient
) -> None:
    said = store.output
    assert "ready after " in said
    assert store.base_url in said
    assert "dev-platform-key" in said
    assert str(store.data) in said
    assert store.first_answer is not None
    assert store.first_answer.status_code == 200
    products = store.first_answer.json()["products"]
    assert any(v["availability"]["available"] for p in products for v in p["variants"])
    shopper = Shopper(client)
    bought = await shopper.complete(await shopper.open([("TI-M267", 1)]))
    assert bought["status"] == "completed"
    assert bought["order"]["permalink_url"].startswith(f"{store.base_url}/")


def test_the_command_that_it_tells_to_try_works(store: RunningStore) -> None:
    _, _, said = store.output.replace("\\\n", " ").partition("curl ")
    _, url, *options = shlex.split(said.splitlines()[0])
    given = dict(zip(options[::2], options[1::2], strict=True))
    # This is what curl sends unless it is told something else.
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    headers |= dict([given["-H"].split(": ")])
    answer = httpx.post(url, headers=headers, content=given["-d"])
    assert answer.status_code == 200
    assert answer.json()["products"]


@pytest.mark.on_ray
def test_it_says_which_applications_run_and_where_their_logs_are(store: RunningStore) -> None:
    said = store.output
    assert "auth_token" in said
    assert str(store.data / "store.log") in said
    for application in store.placement.applications:
        name = application["name"]
        assert list(store.logs.glob(f"replica_{name}_*.log")), name
        assert any(name in line and "RUNNING" in line for line in said.splitlines()), name


@pytest.mark.parametrize("path", ["/inventory", "/payments", "/shipping", "/pricing", "/datastore"])
async def test_what_has_no_route_cannot_be_reached(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path, json={})).status_code == 404


@pytest.mark.long_on_ray
def test_a_store_that_already_runs_is_not_started_twice(store: RunningStore) -> None:
    said = refused_start(
        store.placement, FIELDHOUSE_DATA=str(store.data), FIELDHOUSE_PORT=str(free_port())
    )
    assert "already runs" in said
    assert store.base_url in said


@pytest.mark.long_on_ray
def test_a_port_in_use_is_named(store: RunningStore, tmp_path: Path) -> None:
    said = refused_start(
        store.placement, FIELDHOUSE_DATA=str(tmp_path), FIELDHOUSE_PORT=str(store.port)
    )
    assert f"Port {store.port} " in said


@pytest.mark.parametrize("placement", [PLACEMENTS[0], PLACEMENTS[-1]], ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["REDIS_URL", "ORDERS_REDIS_URL"])
def test_a_redis_that_does_not_answer_is_named(
    tmp_path: Path, name: str, placement: Placement
) -> None:
    said = refused_start(
        placement,
        FIELDHOUSE_DATA=str(tmp_path),
        FIELDHOUSE_PORT=str(free_port()),
        FIELDHOUSE_PLATFORM_KEYS=f"acme={hash_key('a key of its own')}",
        FIELDHOUSE_PAYMENTS="sandbox",
        **{name: f"redis://127.0.0.1:{free_port()}"},
    )
    assert f"The Redis of {name} does not answer" in said


@pytest.mark.long_on_ray
def test_the_development_key_is_refused_on_an_external_redis(
    store: RunningStore, tmp_path: Path
) -> None:
    said = refused_start(
        store.placement,
        FIELDHOUSE_DATA=str(tmp_path),
        FIELDHOUSE_PORT=str(free_port()),
        REDIS_URL=f"unix://{store.data}/valkey.sock",
    )
    assert "FIELDHOUSE_PLATFORM_KEYS" in said


async def test_one_services_credentials_cannot_read_anothers_keys(store: RunningStore) -> None:
    for service in SERVICES:
        async with store.redis(service) as redis:
            await redis.exists(f"{{{service}}}:any")
            for other in set(SERVICES) - {service}:
                with pytest.raises(NoPermissionError):
                    await redis.get(f"{{{other}}}:any")


async def test_nobody_enters_the_embedded_redis_without_credentials(store: RunningStore) -> None:
    socket = str(store.data / "valkey.sock")
    stranger = Redis(unix_socket_path=socket, retry=Retry(NoBackoff(), 0))
    with pytest.raises(RedisError, match="authenticated"):
        await stranger.ping()
    await stranger.aclose()


async def kill_redis(store: RunningStore) -> None:
    """Kill the server once it has written what it was told: it writes every second."""
    async with store.redis("admin") as admin:
        await admin.set("test", "1")
        assert await admin.execute_command("WAITAOF", 1, 0, 60_000) == [1, 0]
        os.kill((await admin.info("server"))["process_id"], SIGKILL)


@pytest.mark.long_on_ray
async def test_a_redis_that_is_killed_comes_back_with_every_cart(
    store: RunningStore, client: httpx.AsyncClient
) -> None:
    cart = (await until_a_cart_is_made(client)).json()
    await kill_redis(store)
    await until_a_cart_is_made(client)
    assert (await client.get(f"/carts/{cart['id']}")).json()["id"] == cart["id"]


@pytest.mark.long_on_ray
async def test_term_ends_everything_and_the_next_start_has_all_the_data(
    store: RunningStore, client: httpx.AsyncClient
) -> None:
    cart = (await until_a_cart_is_made(client)).json()
    shopper = Shopper(client)
    bought = await shopper.complete(await shopper.open([("TI-M267", 1)]))
    order = await shopper.order(bought)
    assert store.stop() == 0, store.tell()
    assert store.left_behind() == []
    assert "stopped after" in store.output
    store.start()
    async with store.client() as again:
        assert (await again.get(f"/carts/{cart['id']}")).json()["id"] == cart["id"]
        kept = await Shopper(again).order(bought)
        assert {name: kept[name] for name in FOR_GOOD} == {name: order[name] for name in FOR_GOOD}

        async def arrived() -> bool:
            return fulfilled(await Shopper(again).order(bought))

        await until(arrived, "what was on its way goes on", tell=store.tell)
