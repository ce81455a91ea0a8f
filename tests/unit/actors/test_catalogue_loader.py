"""An empty store is filled once, by one loader or by several, whenever its services come up."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

import pytest
from ray.actor import ActorClass

from actors.catalogue_loader import CatalogueLoader, Delivery, deliveries, loading
from deployments.catalog.contract import CatalogApi
from deployments.catalog.service import CatalogService
from deployments.catalog.snapshot import LiveSnapshot
from deployments.catalog.store import CatalogStore
from deployments.foundation.rpc.calls import DependencyUnavailable, Endpoint, Reply, client_of
from deployments.foundation.values.clock import utc_now
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


class Services:
    """The four services for real, behind seams that can be cut."""

    def __init__(self, redis_of: ClientOf) -> None:
        self.away: set[str] = set()
        self.calls: dict[str, int] = defaultdict(int)
        stock = InventoryService(InventoryStore(redis_of("inventory")), utc_now)
        rules = PricingService(PricingStore(redis_of("pricing")))
        methods = ShippingService(ShippingStore(redis_of("shipping")))
        self.store = CatalogStore(redis_of("catalog"))
        products = CatalogService(self.store, LiveSnapshot(self.store), stock)
        self.inventory: InventoryApi = self._seam(InventoryApi, stock, "inventory")
        self.shipping: ShippingApi = self._seam(ShippingApi, methods, "shipping")
        self.pricing: PricingApi = self._seam(PricingApi, rules, "pricing")
        self.catalog: CatalogApi = self._seam(CatalogApi, products, "catalog")

    def _seam(self, api: type[Any], service: object, app: str) -> Any:  # noqa: ANN401
        endpoint = Endpoint(api, service)

        async def transport(method: str, body: bytes, seconds: float) -> Reply:
            if app in self.away:
                raise DependencyUnavailable(app, "it is not up")
            self.calls[app] += 1
            return await endpoint(method, body, seconds)

        return client_of(api, transport)

    def deliveries(self) -> list[Delivery]:
        return deliveries(self.inventory, self.shipping, self.pricing, self.catalog)


@pytest.fixture
def services(redis_of: ClientOf) -> Services:
    return Services(redis_of)


async def units(services: Services, sku: str) -> int:
    return (await services.inventory.availability(CheckAvailability(skus=(sku,)))).units[sku]


async def test_an_empty_store_is_filled(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="actors.catalogue_loader"):
        assert await loading(services.deliveries())() is False
    assert [record.getMessage() for record in caplog.records] == [
        "loaded 487 rows of stock",
        "loaded 5 shipping methods",
        "loaded 14 offers, 5 discount codes and 26 tax rates",
        "loaded 304 variants of 128 products",
    ]
    assert len((await services.store.load()).products) == 128
    assert await units(services, "SA-M198") == 797
    parcel = RateShipment(
        lines=(ParcelLine(sku="SA-M198", quantity=1),), destination=Destination(country="US")
    )
    assert len((await services.shipping.options(parcel)).options) >= 2
    line = PriceLine(sku="SA-M198", quantity=1, unit_price=10000)
    address = TaxAddress(country="CA", region="AB")
    priced = await services.pricing.price(PriceRequest(lines=(line,), address=address))
    assert priced.totals.tax == 1400


async def test_two_loaders_and_a_second_start_load_nothing_twice(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.gather(*(loading(services.deliveries())() for _ in range(2)))
    with caplog.at_level(logging.INFO, logger="actors.catalogue_loader"):
        await loading(services.deliveries())()
    assert all("were loaded before" in record.getMessage() for record in caplog.records)
    assert await units(services, "SA-M198") == 797


async def test_what_is_not_up_yet_is_waited_for_and_products_come_last(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    tick = loading(services.deliveries())
    services.away = {"shipping"}
    with caplog.at_level(logging.INFO, logger="actors.catalogue_loader"):
        for _ in range(3):
            assert await tick() is False
    assert [record.getMessage() for record in caplog.records] == [
        "loaded 487 rows of stock",
        "waiting for shipping to load 5 shipping methods",
    ]
    assert (await services.store.load()).products == ()
    services.away.clear()
    await tick()
    assert len((await services.store.load()).products) == 128
    await tick()
    assert dict(services.calls) == {"inventory": 1, "shipping": 1, "pricing": 1, "catalog": 1}


def test_it_is_an_actor() -> None:
    assert isinstance(CatalogueLoader, ActorClass)
