"""An empty store is filled once, by one process or by several."""

from __future__ import annotations

import asyncio
import logging

import pytest

from deployments.catalog.store import CatalogStore
from deployments.foundation.placement.host import Host
from deployments.inventory.contract import CheckAvailability, InventoryApi
from deployments.pricing.contract import PriceLine, PriceRequest, PricingApi, TaxAddress
from deployments.shipping.contract import Destination, ParcelLine, RateShipment, ShippingApi
from tests.conftest import ClientOf
from tests.in_process import composed, store_in_process


async def units(store: Host, sku: str) -> int:
    inventory = store.connect(InventoryApi, app="inventory")
    return (await inventory.availability(CheckAvailability(skus=(sku,)))).units[sku]


async def test_an_empty_store_is_filled(
    redis_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with store_in_process(redis_of) as store:
            assert await units(store, "SA-M198") == 797
            parcel = RateShipment(
                lines=(ParcelLine(sku="SA-M198", quantity=1),),
                destination=Destination(country="US"),
            )
            shipping = store.connect(ShippingApi, app="shipping")
            assert len((await shipping.options(parcel)).options) >= 2
            line = PriceLine(sku="SA-M198", quantity=1, unit_price=10000)
            address = TaxAddress(country="CA", region="AB")
            pricing = store.connect(PricingApi, app="pricing")
            priced = await pricing.price(PriceRequest(lines=(line,), address=address))
            assert priced.totals.tax == 1400
    assert len((await CatalogStore(redis_of("catalog")).load()).products) == 128
    loaded = sorted(m for r in caplog.records if (m := r.getMessage()).startswith("loaded"))
    assert loaded == [
        "loaded 304 variants of 128 products",
        "loaded 46 offers, discount codes, groups and tax rates",
        "loaded 487 rows of stock",
        "loaded 5 shipping methods",
    ]


async def test_two_at_once_and_a_second_start_load_nothing_twice(
    redis_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    stores = [composed(redis_of) for _ in range(2)]
    await asyncio.gather(*(store.start(consume=False) for store in stores))
    for store in stores:
        await store.stop()
    caplog.clear()
    with caplog.at_level(logging.INFO):
        async with store_in_process(redis_of) as store:
            assert await units(store, "SA-M198") == 797
    assert not [r for r in caplog.records if r.getMessage().startswith("loaded")]
