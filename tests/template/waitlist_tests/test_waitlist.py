"""Waitlist among the services that it needs, over HTTP and by events, on a real Valkey."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from deployments.foundation.events.publishing import stream_of
from deployments.foundation.events.reader import ConsumerOptions
from deployments.foundation.http.authentication import DEVELOPMENT_KEY
from deployments.foundation.placement.host import Host, nowhere
from deployments.inventory.contract import (
    CheckAvailability,
    InventoryApi,
    ReceiveStock,
    ReserveStock,
    StockLine,
    StockRow,
)
from deployments.store import placed
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.served import served

SKU = "TI-M267"
SOON = ConsumerOptions(renew_seconds=0.1, block_seconds=0.05)


@pytest.fixture
async def host(redis_of: ClientOf) -> AsyncIterator[Host]:
    def enter(service: str, *, at: str | None = None) -> Redis:
        return redis_of(service)

    host = Host(placed(("catalog", "inventory", "waitlist")), enter, nowhere, options=SOON)
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def client(host: Host) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-API-Key": DEVELOPMENT_KEY}
    async with (
        served(host.app()) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        yield client


@pytest.fixture
async def inventory(host: Host) -> InventoryApi:
    """Inventory, sold out of the SKU."""
    inventory = host.connect(InventoryApi, app="inventory")
    stock = await inventory.availability(CheckAvailability(skus=(SKU,)))
    line = StockLine(sku=SKU, quantity=stock.units[SKU])
    await inventory.reserve(
        ReserveStock(key="saga:reserve", reservation_id="saga", lines=(line,), seconds=900)
    )
    return inventory


async def join(client: httpx.AsyncClient, buyer: str, sku: str = SKU) -> httpx.Response:
    return await client.post("/waitlist", json={"sku": sku, "buyer": buyer}, follow_redirects=True)


async def called(admin: Redis) -> list[Any]:
    entries: Any = await admin.xrange(stream_of("waitlist", SKU))
    return [json.loads(fields["event"])["data"]["buyers"] for _, fields in entries]


async def test_a_buyer_waits_for_what_is_sold_out(
    client: httpx.AsyncClient, inventory: InventoryApi
) -> None:
    places = [(await join(client, buyer)) for buyer in ("ada", "bob", "ada")]
    assert [(one.status_code, one.json()["place"]) for one in places] == [
        (201, 1),
        (201, 2),
        (201, 1),
    ]
    assert (await client.get(f"/waitlist/{SKU}/bob")).json() == {"sku": SKU, "place": 2}


async def test_nobody_waits_for_what_is_there_or_never_was(client: httpx.AsyncClient) -> None:
    refused = [await join(client, "ada"), await join(client, "ada", "NO-SUCH")]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (409, "in_stock"),
        (404, "no_such_item"),
    ]
    assert (await join(client, "a b")).status_code == 400
    assert (await client.get(f"/waitlist/{SKU}/ada")).status_code == 404


async def test_who_has_waited_longest_is_called_when_it_is_back(
    client: httpx.AsyncClient, inventory: InventoryApi, admin: Redis
) -> None:
    for buyer in ("ada", "bob"):
        await join(client, buyer)
    row = StockRow(sku=SKU, location_id=1, location_name="Tool Crib", quantity=1)
    await inventory.receive(ReceiveStock(batch="one more", rows=(row,)))

    async def is_called() -> bool:
        return len(await called(admin)) > 0

    await eventually(is_called)
    assert await called(admin) == [[{"platform": "dev-platform", "buyer": "ada"}]]
    assert (await client.get(f"/waitlist/{SKU}/ada")).status_code == 404
    assert (await client.get(f"/waitlist/{SKU}/bob")).json()["place"] == 1


async def test_an_event_that_comes_again_calls_nobody_else(
    host: Host, client: httpx.AsyncClient, inventory: InventoryApi, admin: Redis
) -> None:
    for buyer in ("ada", "bob"):
        await join(client, buyer)
    service: Any = host.services["waitlist"].service
    for _ in range(2):
        await service.back_in_stock("event_1", SKU, 1)
    assert len(await called(admin)) == 1
