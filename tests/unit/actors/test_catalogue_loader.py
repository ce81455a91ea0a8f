"""An empty store is filled once, by one loader or by several, whenever its rooms come up."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

import pytest
from ray.actor import ActorClass

from actors.catalogue_loader import CatalogueLoader, Delivery, deliveries, loading
from deployments.catalog.contract import CatalogApi
from deployments.catalog.replica import Replica
from deployments.catalog.service import CatalogService
from deployments.catalog.store import CatalogStore
from deployments.foundation.calls import Endpoint, NeighbourUnavailable, Reply, client_of
from deployments.foundation.clock import utc_now
from deployments.inventory.contract import CheckAvailability, InventoryApi
from deployments.inventory.service import InventoryService
from deployments.inventory.store import InventoryStore
from deployments.pricing.contract import PriceLine, PriceRequest, PricingApi, TaxAddress
from deployments.pricing.service import PricingService
from deployments.pricing.store import PricingStore
from deployments.shipping.contract import Destination, ParcelLine, RateShipment, ShippingApi
from deployments.shipping.service import ShippingService
from deployments.shipping.store import ShippingStore
from tests.conftest import ClientOf


class Rooms:
    """The four rooms for real, behind seams that can be cut."""

    def __init__(self, redis_of: ClientOf) -> None:
        self.away: set[str] = set()
        self.calls: dict[str, int] = defaultdict(int)
        stock = InventoryService(InventoryStore(redis_of("inventory")), utc_now)
        rules = PricingService(PricingStore(redis_of("pricing")))
        methods = ShippingService(ShippingStore(redis_of("shipping")))
        self.store = CatalogStore(redis_of("catalog"))
        products = CatalogService(self.store, Replica(self.store), stock)
        self.inventory: InventoryApi = self._seam(InventoryApi, stock, "inventory")
        self.shipping: ShippingApi = self._seam(ShippingApi, methods, "shipping")
        self.pricing: PricingApi = self._seam(PricingApi, rules, "pricing")
        self.catalog: CatalogApi = self._seam(CatalogApi, products, "catalog")

    def _seam(self, api: type[Any], service: object, app: str) -> Any:  # noqa: ANN401
        endpoint = Endpoint(api, service)

        async def transport(method: str, body: bytes, seconds: float) -> Reply:
            if app in self.away:
                raise NeighbourUnavailable(app, "it is not up")
            self.calls[app] += 1
            return await endpoint(method, body, seconds)

        return client_of(api, transport)

    def deliveries(self) -> list[Delivery]:
        return deliveries(self.inventory, self.shipping, self.pricing, self.catalog)


@pytest.fixture
def rooms(redis_of: ClientOf) -> Rooms:
    return Rooms(redis_of)


async def units(rooms: Rooms, sku: str) -> int:
    return (await rooms.inventory.availability(CheckAvailability(skus=(sku,)))).units[sku]


async def test_an_empty_store_is_filled(rooms: Rooms, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="actors.catalogue_loader"):
        assert await loading(rooms.deliveries())() is False
    assert [record.getMessage() for record in caplog.records] == [
        "loaded 487 rows of stock",
        "loaded 5 shipping methods",
        "loaded 14 offers, 5 discount codes and 26 tax rates",
        "loaded 304 variants of 128 products",
    ]
    assert len((await rooms.store.load()).products) == 128
    assert await units(rooms, "SA-M198") == 797
    parcel = RateShipment(
        lines=(ParcelLine(sku="SA-M198", quantity=1),), destination=Destination(country="US")
    )
    assert len((await rooms.shipping.options(parcel)).options) >= 2
    line = PriceLine(sku="SA-M198", quantity=1, unit_price=10000)
    address = TaxAddress(country="CA", region="AB")
    priced = await rooms.pricing.price(PriceRequest(lines=(line,), address=address))
    assert priced.totals.tax == 1400


async def test_two_loaders_and_a_second_start_load_nothing_twice(
    rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.gather(*(loading(rooms.deliveries())() for _ in range(2)))
    with caplog.at_level(logging.INFO, logger="actors.catalogue_loader"):
        await loading(rooms.deliveries())()
    assert all("were loaded before" in record.getMessage() for record in caplog.records)
    assert await units(rooms, "SA-M198") == 797


async def test_what_is_not_up_yet_is_waited_for_and_products_come_last(
    rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    tick = loading(rooms.deliveries())
    rooms.away = {"shipping"}
    with caplog.at_level(logging.INFO, logger="actors.catalogue_loader"):
        for _ in range(3):
            assert await tick() is False
    assert [record.getMessage() for record in caplog.records] == [
        "loaded 487 rows of stock",
        "waiting for shipping to load 5 shipping methods",
    ]
    assert (await rooms.store.load()).products == ()
    rooms.away.clear()
    await tick()
    assert len((await rooms.store.load()).products) == 128
    await tick()
    assert dict(rooms.calls) == {"inventory": 1, "shipping": 1, "pricing": 1, "catalog": 1}


def test_it_is_an_actor() -> None:
    assert isinstance(CatalogueLoader, ActorClass)
