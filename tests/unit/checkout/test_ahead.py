"""A shopper buys what is not here yet: he sees the day everywhere, and the shipment waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from deployments.foundation.placement.host import Host
from deployments.foundation.values.authorship import STORE
from deployments.inventory.contract import InventoryApi
from deployments.inventory.contract.changes import (
    AdjustedUnits,
    AdjustStock,
    AllowAhead,
    ReceiveDelivery,
    ReceivedUnits,
)
from deployments.inventory.contract.levels import GetLevels
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.in_process import URL, composed
from tests.integration.shopper import Shopper, line_items

SKU = "TI-M267"
DAY = date(2036, 12, 24)


class ShopWithLittle:
    """A store in one process that has two of a SKU left, and a shopper in it."""

    def __init__(self, host: Host, client: httpx.AsyncClient) -> None:
        self.shopper, self._client = Shopper(client), client
        self.inventory = host.connect(InventoryApi, app="inventory")

    async def sell_out(self, left: int) -> None:
        """Adjust the stock to so many units, all at one place."""
        levels = (await self.inventory.levels(GetLevels(skus=(SKU,)))).levels
        gone = tuple(
            AdjustedUnits(sku=SKU, location_id=one.location_id, by=kept - one.available)
            for one, kept in zip(levels, [left, *[0] * len(levels)], strict=False)
        )
        await self.inventory.adjust(AdjustStock(key="gone", author=STORE, rows=gone))

    async def allow(self, key: str, units: int, kind: Any = "backorder") -> None:  # noqa: ANN401
        await self.inventory.allow_ahead(
            AllowAhead(key=key, author=STORE, sku=SKU, kind=kind, units=units, expected=DAY)
        )

    async def receive(self, key: str, units: int) -> None:
        rows = (ReceivedUnits(sku=SKU, location_id=1, quantity=units),)
        await self.inventory.receive_delivery(ReceiveDelivery(key=key, author=STORE, rows=rows))

    async def availability(self) -> dict[str, Any]:
        """What the catalogue shows of the SKU."""
        body = {"ids": [SKU]}
        answer = await self._client.post("/catalog/lookup", json=body)
        shown: dict[str, Any] = answer.json()["products"][0]["variants"][0]["availability"]
        return shown

    async def expectations(self, session: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.shopper.order(session))["fulfillment"][
            "expectations"
        ]
        return found


@pytest.fixture
async def shop(redis_of: ClientOf) -> AsyncIterator[ShopWithLittle]:
    host = composed(redis_of)
    await host.start()
    headers = {"X-API-Key": "key-of-acme"}
    transport = httpx.ASGITransport(host.app())
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url=URL, headers=headers, timeout=60
        ) as client:
            shop = ShopWithLittle(host, client)
            await shop.sell_out(2)
            yield shop
    finally:
        await host.stop()


async def shows(shop: ShopWithLittle, **expected: object) -> None:
    """Wait until the catalogue's answers are not those of a second ago."""

    async def is_shown() -> bool:
        return await shop.availability() == expected

    await eventually(is_shown)


async def test_a_shopper_sees_the_day_and_the_order_waits_for_it(shop: ShopWithLittle) -> None:
    await shows(shop, available=True, status="in_stock")
    await shop.allow("a", 5)
    session = await shop.shopper.open([(SKU, 4)])
    assert session["status"] == "ready_for_complete", session["messages"]
    (said,) = [one for one in session["messages"] if one["code"] == "backorder"]
    assert "2 of 4 on back-order, expected by Dec 24, 2036." in said["content"]
    (hint,) = session["fulfillment"]["available_methods"]
    assert hint["fulfillable_on"] == "2036-12-24"
    options = session["fulfillment"]["methods"][0]["groups"][0]["options"]
    assert all(one["earliest_fulfillment_time"] > "2036-12-24" for one in options)
    cart = await shop.shopper.ask(
        "POST", "/carts", "cart", {"line_items": line_items([(SKU, 4)])}, status=201
    )
    assert [one["code"] for one in cart["messages"]] == ["backorder"]
    done = await shop.shopper.complete(session)
    await shows(shop, available=True, status="backorder", fulfillable_on="2036-12-24")
    (waits,) = await shop.expectations(done)
    assert waits["fulfillable_on"].startswith("2036-12-24")
    assert "sent when all of it is here, by Dec 24, 2036" in waits["description"]
    await shop.receive("d1", 1)
    assert [one["id"] for one in await shop.expectations(done)] == ["shipping"]
    await shop.receive("d2", 1)

    async def is_split() -> bool:
        return all(one["id"].startswith("shipment_") for one in await shop.expectations(done))

    await eventually(is_split)
    shipped = await shop.expectations(done)
    assert sum(line["quantity"] for one in shipped for line in one["line_items"]) == 4
    assert not any("fulfillable_on" in one for one in shipped)


async def test_nobody_gets_less_than_he_agreed_to(shop: ShopWithLittle) -> None:
    """What was here when it was shown is sold to somebody else: the buyer is asked again."""
    await shop.allow("a", 9, "preorder")
    first, second = [await shop.shopper.open([(SKU, 2)]) for _ in range(2)]
    await shop.shopper.complete(first)
    refused = await shop.shopper.complete(second)
    assert refused["status"] == "incomplete"
    assert [one["code"] for one in refused["messages"]] == ["out_of_stock"]
    again: dict[str, Any] = {}

    async def is_told() -> bool:
        again.update(await shop.shopper.open([(SKU, 2)]))
        return any("2 of 2 on pre-order" in one["content"] for one in again["messages"])

    await eventually(is_told)
    assert (await shop.shopper.complete(again))["status"] == "completed"


async def test_no_more_can_be_had_than_is_here_and_allowed(shop: ShopWithLittle) -> None:
    await shop.allow("a", 3)
    session = await shop.shopper.open([(SKU, 6)])
    assert session["status"] == "incomplete"
    (short,) = [one for one in session["messages"] if one["code"] == "out_of_stock"]
    assert "5 available, 6 wanted" in short["content"]
